-- What another role's new objects grant says nothing of one's own.
-- old
alter default privileges for role auditor grant select on tables to reader;
alter default privileges grant insert on tables to reader;
alter default privileges for role auditor revoke execute on functions from public;
create table keep (a int);
-- new
alter default privileges for role auditor grant select on tables to reader;
alter default privileges grant insert on tables to reader;
alter default privileges for role auditor revoke execute on functions from public;
create table keep (a int);
create table t (a int);
create table u (a int);
grant select on u to reader;
create function f() returns int language sql as 'select 1';

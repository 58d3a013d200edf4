-- old
create table keep (a int);
alter default privileges in schema public grant all on tables to postgres, reader;
create table t (a int);
alter default privileges revoke insert, update on tables from postgres;
create table less (a int);
create function f() returns int language sql as 'select 1';
-- new
create table keep (a int);
alter default privileges in schema public grant select on tables to postgres;
create table t (a int);
alter default privileges in schema public revoke all on tables from postgres, reader;
alter default privileges revoke all on tables from postgres;
alter default privileges revoke all on functions from public, postgres;
create table less (a int);
create table none (a int);
create function f() returns int language sql as 'select 1';
create function g() returns int language sql as 'select 1';

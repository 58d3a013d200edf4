-- What is made while default privileges are in force gets their grants, wanted or not.
-- old
alter default privileges grant select, insert on tables to pg_monitor;
alter default privileges revoke execute on functions from public;
-- new
create table before1 (a int);
create function before2() returns int language sql as 'select 1';
create table between1 (a int);
grant select on between1 to pg_monitor;
alter default privileges grant select, insert on tables to pg_monitor;
alter default privileges revoke execute on functions from public;
create table after1 (a int);
create function after2() returns int language sql as 'select 1';
create view after3 as select a from after1;

-- old
create schema app;
alter default privileges in schema app grant select on tables to pg_monitor;
alter default privileges grant select on tables to public;
create table app.t (a int);
-- new
alter default privileges grant select, delete on tables to public;
create table t (a int);

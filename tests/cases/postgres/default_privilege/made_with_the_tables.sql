-- old
create table keep (a int);
-- new
create schema app;
create table app.early (a int);
alter default privileges in schema app grant select on tables to pg_monitor;
alter default privileges revoke usage on types from public;
create table app.late (a int);
create table keep (a int);

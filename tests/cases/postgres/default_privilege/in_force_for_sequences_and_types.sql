-- old
alter default privileges grant usage on sequences to pg_monitor;
alter default privileges revoke usage on types from public;
alter default privileges grant select on tables to pg_monitor;
create table keep (a int);
-- new
create sequence early;
create type kind as enum ('a');
create domain d as int;
create table t (id serial primary key);
create table keep (a int);
alter default privileges grant usage on sequences to pg_monitor;
alter default privileges revoke usage on types from public;
alter default privileges grant select on tables to pg_monitor;
create sequence late;
create domain e as int;

-- old
create schema app;
alter default privileges grant select on tables to pg_monitor;
alter default privileges in schema app grant execute on functions to pg_monitor;
-- new
create schema app;
alter default privileges revoke execute on functions from public;
alter default privileges in schema app grant insert, select on tables to pg_monitor with grant option;
alter default privileges in schema app grant usage on sequences to public;
alter default privileges grant usage on schemas to pg_monitor;
alter default privileges revoke usage on types from public;

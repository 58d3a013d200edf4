-- old
create schema app;
alter default privileges for role pg_monitor in schema app grant select on tables to public;
-- new
create schema app;
alter default privileges for role pg_monitor in schema app grant select on sequences to public;
alter default privileges for role pg_monitor revoke all on functions from public;
alter default privileges for role pg_monitor revoke execute on functions from pg_monitor;

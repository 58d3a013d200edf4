-- old
create extension citext;
create extension pg_stat_statements;
create extension pgstattuple;
revoke execute on function citext_eq(citext, citext) from public;
-- new
create extension citext;
create extension pg_stat_statements;
create extension pgstattuple;
grant execute on function citext_ne(citext, citext) to pg_monitor;
revoke usage on type citext from public;
grant select on pg_stat_statements to pg_monitor;
grant execute on function pgstattuple(text) to pg_monitor;
revoke select on pg_stat_statements_info from public;

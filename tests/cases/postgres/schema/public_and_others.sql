-- old
create schema one;
comment on schema one is 'first';
-- new
create schema "Two words" ;
comment on schema "Two words" is 'second';
comment on schema public is 'ours';
revoke all on schema public from public;
grant usage on schema "Two words" to pg_monitor;

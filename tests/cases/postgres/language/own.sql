-- old
create table keep (a int);
-- new
create table keep (a int);
create trusted language plx handler plpgsql_call_handler inline plpgsql_inline_handler validator plpgsql_validator;
comment on language plx is 'own';
create function f() returns int language plx as 'begin return 1; end';
grant usage on language plx to pg_monitor;
revoke usage on language plx from public;

-- old
create function f() returns int language sql as 'select 1';
create type k as (x int);
create domain d as int;
revoke execute on function f() from public;
-- new
create function f() returns int language sql as 'select 1';
create function g(a int) returns int language sql as 'select 1';
create type k as (x int);
create domain d as int;
revoke execute on function g(int) from public;
grant execute on function g(int) to pg_monitor;
revoke usage on type k from public;
revoke usage on domain d from public;

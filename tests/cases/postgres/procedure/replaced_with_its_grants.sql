-- old
create procedure p(a int) language plpgsql as 'begin end';
revoke execute on procedure p(int) from public;
grant execute on procedure p(int) to pg_monitor;
-- new
create procedure p(b int, inout c int) language plpgsql as 'begin end';
create procedure p(a int) language plpgsql as 'begin commit; end';
revoke execute on procedure p(int) from public;
grant execute on procedure p(int) to pg_monitor with grant option;

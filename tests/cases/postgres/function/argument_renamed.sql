-- CREATE OR REPLACE can't rename an argument.
-- old
create function f(a int, out b int) language sql as 'select 1';
comment on function f is 'kept';
-- new
create function f(c int, out b int) language sql as 'select 1';
comment on function f is 'kept';

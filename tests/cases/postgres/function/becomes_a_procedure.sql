-- old
create function f(a int) returns void language sql as 'select 1';
-- new
create procedure f(a int) language sql as 'select 1';

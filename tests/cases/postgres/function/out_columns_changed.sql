-- old
create function f(out a int, out b text) returns setof record language sql as $$ select 1, 'x' $$;
create function g() returns table (a int) language sql as 'select 1';
create view v as select * from g();
-- new
create function f(out a int, out c text) returns setof record language sql as $$ select 1, 'x' $$;
create function g() returns table (a int, b int) language sql as 'select 1, 2';
create view v as select a from g();

-- old
create function f(a int) returns int language sql volatile as 'select 1';
create function g() returns setof int language sql rows 10 cost 5 as 'select 1';
-- new
create function f(a int) returns int language sql immutable strict leakproof parallel safe security definer cost 7
  set search_path = pg_catalog, pg_temp set work_mem = '8MB' as 'select 1';
create function g() returns setof int language sql rows 20 as 'select 1';

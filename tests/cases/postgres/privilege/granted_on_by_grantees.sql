-- Grants in a chain, on a table, a column, a function and a sequence of an identity.
-- old
create table t (a int, b int generated always as identity);
grant select on t to reader with grant option;
set role reader;
grant select on t to writer with grant option;
grant select (a) on t to auditor;
set role writer;
grant select on t to auditor;
reset role;
create function f() returns int language sql as 'select 1';
grant execute on function f() to reader with grant option;
-- new
create table t (a int, b int generated always as identity);
grant select, insert on t to reader with grant option;
set role reader;
grant select on t to writer;
grant insert on t to writer with grant option;
set role writer;
grant insert on t to auditor;
reset role;
create function f() returns int language sql as 'select 1';
grant execute on function f() to reader with grant option;
set role reader;
grant execute on function f() to writer;
reset role;

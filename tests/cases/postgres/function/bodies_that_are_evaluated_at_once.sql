-- Bodies of SQL functions name tables and functions that come later by name; a materialized view, a CHECK, an index and
-- a generated column evaluate them at once.
-- old
create table t (id int);
-- rows
insert into t values (1);
-- new
create table t (id int);
create function z_base(n int) returns int language sql immutable as 'select n + 1';
create function y_middle(n int) returns int language sql immutable as 'select z_base(n) + 1';
create function a_top(n int) returns int language sql immutable as 'select y_middle(n)';
create table z_list (n int);
create function b_count() returns bigint language sql stable as 'select count(*) from z_list';
create materialized view a_mv as select b_count() as n, a_top(1) as m;
create table a_checked (n int check (a_top(n) > 0) default a_top(1), g int generated always as (a_top(n)) stored);
create index a_idx on t (a_top(id));
create function p_count() returns bigint language plpgsql stable as 'begin return (select count(*) from z_list2); end';
create table z_list2 (n int);
create materialized view b_mv as select p_count() as n;

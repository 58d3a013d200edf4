-- PostgreSQL sets a virtual column's expression in place, and has no other way from it than through a new column.
-- needs 18
-- old
create table t (a int, doubled int generated always as (a * 2) virtual, kept int generated always as (a + 1) stored, gone int generated always as (a) virtual);
create view v as select doubled from t;
-- rows
insert into t values (1), (2);
-- new
create table t (a int, doubled int generated always as (a * 3) virtual, kept int generated always as (a + 1) virtual, came int generated always as (a - 1), gone int);
create view v as select doubled from t;

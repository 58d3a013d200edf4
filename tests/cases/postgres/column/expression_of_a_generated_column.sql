-- From PostgreSQL 17 on the expression of a stored column can be set; before, the column is made anew.
-- old
create table t (a int, b int generated always as (a * 2) stored, c int generated always as (a * 2) stored);
create index i on t (b);
create view v as select b from t;
-- rows
insert into t values (1), (2);
-- new
create table t (a int, b int generated always as (a * 3) stored, c bigint generated always as (a * 3) stored);
create index i on t (b);
create view v as select b from t;

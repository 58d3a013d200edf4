-- A virtual column is added in place, a stored one by a rebuild.
-- old
create table t (a int); create table s (a int);
-- rows
insert into t values (1); insert into s values (2);
-- new
create table t (a int, b int as (a + 1)); create table s (a int, b int generated always as (a * 2) stored not null);

-- A generated column is filled by its expression.
-- old
create table t (a int, b int);
-- rows
insert into t (a, b) values (1, 2);
-- new
create table t (a int, b int as (a + 1) stored);

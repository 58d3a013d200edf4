-- What it computed becomes what it holds.
-- old
create table t (a int, b int as (a + 1));
-- rows
insert into t (a) values (1), (2);
-- new
create table t (a int, b int);

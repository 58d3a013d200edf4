-- An index may bear the name of a column.
-- old
create table t (x int, y int); create index x on t (x);
-- rows
insert into t values (1, 2);
-- new
create table t (x int, y int, z int); create index x on t (x, z);

-- The place of a column is no difference.
-- old
create table t (a int, c int);
-- rows
insert into t values (1, 2);
-- new
create table t (a int, b int, c int);
-- plan
create column t.b

-- A check of the table over a dropped column needs a rebuild.
-- old
create table t (a int, b int, constraint ck check (a < b));
-- rows
insert into t values (1, 2);
-- new
create table t (a int);

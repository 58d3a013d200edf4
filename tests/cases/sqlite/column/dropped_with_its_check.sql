-- A check goes with the column that it was written in.
-- old
create table t (a int, b int check (b > 0), c int constraint k check (c <> 7));
-- rows
insert into t values (1, 2, 3);
-- new
create table t (a int);
-- plan
drop column t.b
drop column t.c
drop constraint t."check (b > 0)"
drop constraint t.k

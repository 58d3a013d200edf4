-- SQLite takes table constraints without commas between them.
-- old
create table t (a int, b int, constraint x check (a > 0) unique (a, b));
-- rows
insert into t values (2, 2);
-- new
create table t (a int, b int, constraint x check (a > 1) unique (b));

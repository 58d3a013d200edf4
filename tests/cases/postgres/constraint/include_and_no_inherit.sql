-- old
create table t (a integer, b integer);
-- rows
insert into t values (1, 1);
-- new
create table t (a integer, b integer, constraint k unique (a) include (b), constraint c check (b > 0) no inherit);

-- needs 15
-- old
create table t (a int, b int, "C d" text);
create publication p for table t (a, b) where (a > 1);
-- rows
insert into t values (1, 2, 'x');
-- new
create table t (a bigint, b int, "C d" text);
create publication p for table t (a, "C d") where (a > 1);

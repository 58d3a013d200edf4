-- needs 15
-- old
create table t (a int, b int);
create publication p for table t where (a > 1 and b < 5);
-- new
create table t (a bigint, b int);
create publication p for table t where (a > 1 and b < 5);

-- old
create table t (a int, b int, c int);
create statistics s on a, b from t;
create statistics e on (a + b) from t;
create statistics d on a, c from t;
-- new
create table t (a bigint, b int);
create statistics s on a, b from t;
create statistics e on (a + b) from t;

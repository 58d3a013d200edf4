-- needs 16
-- old
create table t (a int, b int, c int);
create statistics on a, b from t;
-- new
create table t (a int, b int, c int);
create statistics on a, c from t;
create statistics on (a + 1), b from t;

-- old
create table t (a int, b int, c int);
create statistics s on a, b from t;
create statistics s2 (ndistinct) on a, b, c from t;
comment on statistics s2 is 'kept';
-- new
create table t (a int, b int, c int);
create statistics s on a, b from t;
create statistics s2 (ndistinct, mcv) on a, b, c from t;
create statistics s3 on (a + b), (c * 2) from t;
create statistics s4 on (a % 10) from t;
alter statistics s set statistics 500;
comment on statistics s2 is 'kept';

-- old
create table t (a int, b int);
create view v as select a + b as x from t;
create view w as select x from v;
-- new
create table t (a int);
create view v as select a as x from t;
create view w as select x from v;

-- old
create table t (a int);
create view v as select a from t;
-- new
create table t (a int);
create table v (a int);

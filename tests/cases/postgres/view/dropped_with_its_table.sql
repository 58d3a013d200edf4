-- old
create table t (a int);
create view v as select a from t;
create table keep (a int);
-- new
create table keep (a int);
create view v as select a from keep;

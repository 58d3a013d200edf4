-- needs 15
-- old
create table t (a int);
create view v as select a from t;
-- new
create table t (a int);
create view v with (security_invoker = true) as select a from t;

-- old
create table t (a int);
create view v with (security_barrier) as select a from t;
-- new
create table t (a int);
create view v as select a from t where a > 0 with check option;

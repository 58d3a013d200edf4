-- A view and a table change places.
-- old
create table t (a int); create view v as select a from t;
-- new
create table v (a int); create view t as select a from v;

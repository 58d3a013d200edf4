-- The names in a view heading count.
-- old
create table t (a int); create view v (x) as select a from t;
-- rows
insert into t values (1);
-- new
create table t (a int); create view v (y) as select a from t;

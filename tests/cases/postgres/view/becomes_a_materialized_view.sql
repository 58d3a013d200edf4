-- old
create table t (a int);
create view v as select a from t;
grant select on v to public;
-- new
create table t (a int);
create materialized view v as select a from t;
grant select on v to public;

-- old
create table t (a int);
create materialized view m1 as select a from t;
create materialized view m2 as select a from m1;
create unique index m2_a on m2 (a);
-- new
create table t (a int);
create materialized view m1 as select a from t where a > 1;
create materialized view m2 as select a from m1;
create unique index m2_a on m2 (a);

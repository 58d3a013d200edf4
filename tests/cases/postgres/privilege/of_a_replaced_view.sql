-- old
create table t (a int, b int);
create view v as select a, b from t;
grant select on v to pg_monitor;
grant update (a) on v to pg_monitor;
-- new
create table t (a int, b int);
create view v as select b from t;
grant select on v to pg_monitor with grant option;
grant update (b) on v to pg_monitor;

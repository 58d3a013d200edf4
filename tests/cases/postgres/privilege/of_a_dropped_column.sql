-- old
create table t (a int, c int);
grant select on t to pg_monitor;
grant select (c) on t to pg_monitor;
create view v as select a, a as b from t;
grant select on v to pg_monitor;
grant select (b), update (b) on v to pg_monitor;
-- new
create table t (a int);
create view v as select a, a as b from t;
grant select (b) on v to pg_monitor;

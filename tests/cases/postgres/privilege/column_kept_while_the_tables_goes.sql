-- Taking a privilege on a table takes it on its columns too.
-- old
create table t (a int, b int);
create view v as select a, b from t;
grant update, select on t to pg_monitor;
grant update (a), select (b) on t to pg_monitor;
grant select on v to pg_monitor;
grant select (a) on v to pg_monitor;
-- new
create table t (a int, b int);
create view v as select a, b from t;
grant insert on t to pg_monitor;
grant update (a) on t to pg_monitor;
grant select (a) on v to pg_monitor;

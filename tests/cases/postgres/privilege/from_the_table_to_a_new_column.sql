-- old
create table t (a int, b int);
create table u (a int, b int);
grant select, update (a) on t to pg_monitor;
grant select on u to pg_monitor;
-- new
create table t (a int, b int, c int);
create table u (a int, b int);
grant select (a, c), update on t to pg_monitor;
grant select (b) on u to pg_monitor;

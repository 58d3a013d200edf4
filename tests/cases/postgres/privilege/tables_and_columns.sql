-- old
create table t (a int, b int);
grant select, insert on t to pg_monitor;
grant select on t to pg_read_all_data with grant option;
grant update (a) on t to pg_monitor;
-- new
create table t (a int, b int);
grant select, update on t to pg_monitor;
grant select on t to pg_read_all_data;
grant insert on t to pg_read_all_data with grant option;
grant update (b), select (a) on t to pg_monitor;
grant all on t to pg_write_all_data;
grant references on t to public;

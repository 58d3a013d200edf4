-- old
create table t (a int, b text);
create materialized view m with (fillfactor = 70, autovacuum_enabled = off) as select a, b from t;
-- new
create table t (a int, b text);
create materialized view m with (fillfactor = 80) as select a, b from t;
alter materialized view m alter column a set statistics 500;
alter materialized view m alter column b set storage external;

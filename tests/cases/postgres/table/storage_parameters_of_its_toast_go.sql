-- old
create table t (a text) with (toast.autovacuum_enabled = false, fillfactor = 90);
create materialized view m with (toast.autovacuum_enabled = false) as select a from t;
-- new
create table t (a text) with (fillfactor = 80);
create materialized view m as select a from t;

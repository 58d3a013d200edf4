-- old
create table t (a int);
create index b on t using brin (a) with (pages_per_range = 4);
create view v with (security_invoker = true) as select a from t;
create materialized view m with (fillfactor = 70) as select a from t;
-- new
create table t (a int);
create index b on t using brin (a) with (pages_per_range = 8, autosummarize = true);
create view v with (security_barrier = true, security_invoker = true) as select a from t;
create materialized view m with (fillfactor = 80, autovacuum_enabled = false) as select a from t;

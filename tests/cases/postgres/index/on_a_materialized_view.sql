-- old
create table t (a integer);
create materialized view m as select a from t;
-- rows
insert into t values (1);
-- new
create table t (a bigint);
create materialized view m as select a from t;
create unique index m_a on m (a);

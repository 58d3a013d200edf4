-- old
create table t (a int, b int);
create materialized view m with (fillfactor = 70) as select a from t;
create index m_a on m (a);
comment on column m.a is 'kept';
grant select on m to public;
-- rows
insert into t values (1, 2);
-- new
create table t (a int, b int);
create materialized view m with (fillfactor = 70) as select a, b from t;
create index m_a on m (a);
comment on column m.a is 'kept';
grant select on m to public;

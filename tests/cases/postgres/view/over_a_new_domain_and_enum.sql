-- old
create table t (a int, s text);
create view v as select a, s from t;
create materialized view m as select s from v;
create index m_s on m (s);
-- rows
insert into t values (1, 'a');
-- new
create type e as enum ('a', 'b');
create domain d as int check (value > 0);
create table t (a d, s e);
create view v as select a, s from t;
create materialized view m as select s from v;
create index m_s on m (s);
comment on index m_s is 'index';

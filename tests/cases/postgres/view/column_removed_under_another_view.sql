-- old
create table t (a int, b int);
create view v as select a, b from t;
comment on view v is 'kept';
comment on column v.a is 'kept too';
create view w as select a from v;
grant select on v to public;
-- new
create table t (a int, b int);
create view v as select a from t;
comment on view v is 'kept';
comment on column v.a is 'kept too';
create view w as select a from v;
grant select on v to public;

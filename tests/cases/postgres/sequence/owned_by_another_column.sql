-- old
create sequence s;
create table t (a integer default nextval('s'), b integer);
-- rows
insert into t values (1, 2);
-- new
create sequence s;
create table t (a integer, b integer default nextval('s'));
alter sequence s owned by t.b;

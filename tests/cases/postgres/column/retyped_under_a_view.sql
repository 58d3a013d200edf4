-- A column under two views is given another type; both step aside and return.
-- old
create table t (id integer primary key, n integer);
create view v as select id, n from t;
create view w as select n from v;
-- rows
insert into t values (1, 2);
-- new
create table t (id integer primary key, n bigint);
create view v as select id, n from t;
create view w as select n from v;

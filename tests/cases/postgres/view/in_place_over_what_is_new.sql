-- old
create table t (a int);
create view v as select a from t;
create view u as select a from v;
-- new
create table t (a int, b int);
create function f(int) returns int language sql as 'select $1';
create view base as select f(b) as b, a from t;
create view v as select a, b from base;
create view u as select a from v;

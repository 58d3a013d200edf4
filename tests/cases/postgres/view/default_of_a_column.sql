-- old
create table t (a int, b text);
create view v as select a, b from t;
alter view v alter column a set default 1;
alter view v alter column b set default 'x';
-- new
create table t (a int, b text);
create view v as select a, b from t;
alter view v alter column a set default 2;

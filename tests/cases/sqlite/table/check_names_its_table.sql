-- A check that says t.a cannot be renamed along.
-- old
create table t (id integer primary key autoincrement, a int, check (t.a > 0)); create view v as select a from t;
-- rows
insert into t (a) values (1), (2); delete from t where a = 2;
-- new
create table t (id integer primary key autoincrement, a bigint, check (t.a > 0), check ("t".a < 100)); create view v as select a from t;

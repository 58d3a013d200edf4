-- A view of everything stays as it is written.
-- old
create table t (a int); create view v as select * from t; create view w as select * from v;
-- rows
insert into t values (1);
-- new
create table t (a int, b int); create view v as select * from t; create view w as select * from v;
-- plan
create column t.b

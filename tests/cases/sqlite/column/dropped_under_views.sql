-- Views that name it are dropped before and made after, as they now are.
-- old
create table t (a int, b int); create view v as select a, b from t; create view w as select b from v; create view x as select a from v;
-- rows
insert into t values (1, 2);
-- new
create table t (a int); create view v as select a, 1 as b from t; create view w as select b from v; create view x as select a from v;

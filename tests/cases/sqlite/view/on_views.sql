-- A chain of views comes and goes in its order.
-- old
create table t (a int, b int); create view z as select a from t; create view y as select a from z; create view x as select a from y;
-- rows
insert into t values (1, 2);
-- new
create table t (a int, b int); create view z as select a, b from t; create view y as select a, b from z; create view x as select a, b from y;

-- One table becomes two, and a view takes the old name.
-- old
create table t (id integer primary key, a int, b int);
-- new
create table t_a (id integer primary key, a int); create table t_b (id integer primary key, b int); create view t as select a, b from t_a join t_b using (id);

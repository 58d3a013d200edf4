-- old
create table t (id integer) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
-- rows
insert into t values (5);
-- new
create table t (id integer) partition by range (id);
create table t_1 partition of t for values from (0) to (20);

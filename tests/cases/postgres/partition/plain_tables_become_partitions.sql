-- A table that is made anew gets as partitions what stands beside it: that keeps its rows, and takes more.
-- old
create table t (id int not null, n int not null);
create table t_1 (id int not null, n int not null);
-- rows
insert into t values (1, 2), (2, 3);
insert into t_1 values (10, 1);
-- same
select * from t_1 where id = 10
-- new
create table t (id int not null, n int not null) partition by list (n);
create table t_1 partition of t for values in (1);
create table t_rest partition of t default;

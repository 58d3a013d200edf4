-- A level of partitions comes between, and one goes.
-- old
create table t (id int not null, k text not null, n int not null) partition by range (id);
create table a partition of t for values from (0) to (10) partition by list (k);
create table a_x partition of a for values in ('x');
create table a_y partition of a for values in ('y');
create table b partition of t for values from (10) to (20);
create index t_n on t (n);
create index a_y_k on a_y (k);
-- rows
insert into t values (1, 'x', 1), (15, 'z', 3);
-- same
select * from t order by id
-- new
create table t (id int not null, k text not null, n int not null) partition by list (k);
create table c partition of t for values in ('x', 'y') partition by range (id);
create table a_x partition of c for values from (0) to (10);
create table a_y partition of c for values from (10) to (20);
create table b partition of t default;
create index t_n on t (n);
create index a_y_k on a_y (k);

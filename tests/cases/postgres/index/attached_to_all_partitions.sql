-- old
create table t (a int, b int) partition by range (a);
create table t1 partition of t for values from (0) to (10);
create table t2 partition of t for values from (10) to (20);
create index t_b on only t (b);
create index t1_b on t1 (b);
alter index t_b attach partition t1_b;
create index t2_b on t2 (b);
-- rows
insert into t values (1, 1), (11, 2);
-- new
create table t (a int, b int) partition by range (a);
create table t1 partition of t for values from (0) to (10);
create table t2 partition of t for values from (10) to (20);
create index t_b on only t (b);
create index t1_b on t1 (b);
alter index t_b attach partition t1_b;
create index t2_b on t2 (b);
alter index t_b attach partition t2_b;

-- Two equal indexes of a partition: the one is attached, the other is its own.
-- old
create table t (id int not null, n int) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create index t_1_own on t_1 (n);
create index t_1_own2 on t_1 (n);
create index t_n on only t (n);
alter index t_n attach partition t_1_own2;
-- rows
insert into t values (1, 1);
-- new
create table t (id int not null, n int) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create index t_1_own on t_1 (n);
create index t_1_own2 on t_1 (n);
create index t_n on only t (n);
alter index t_n attach partition t_1_own;

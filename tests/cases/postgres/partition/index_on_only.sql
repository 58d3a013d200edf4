-- Indexes that are attached one by one are attached to the new ones.
-- old
create table t (id int not null, n int) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create table t_2 partition of t for values from (10) to (20);
create index t_n on only t (n);
create index t_1_own on t_1 (n);
alter index t_n attach partition t_1_own;
create index t_both on t (n desc);
-- rows
insert into t values (1, 1), (11, 2);
-- same
select * from t order by id
-- new
create table t (id bigint not null, n int) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create table t_2 partition of t for values from (10) to (20);
create index t_n on only t (n);
create index t_1_own on t_1 (n);
alter index t_n attach partition t_1_own;
create index t_both on t (n desc);

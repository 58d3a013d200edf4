-- An index of a partition becomes a part of the parent's, and is one of its own afterwards: both are kept apart.
-- old
create table t (id int not null, n int) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create table t_2 partition of t for values from (10) to (20);
create index t_1_own on t_1 (n);
alter table t_2 add constraint t_2_key unique (id);
-- rows
insert into t values (1, 1), (11, 2);
-- same
select * from t order by id
-- new
create table t (id int not null, n int) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create table t_2 partition of t for values from (10) to (20);
create index t_1_own on t_1 (n);
create index t_n on t (n);
alter table t_2 add constraint t_2_key unique (id);
alter table t add constraint t_key unique (id);

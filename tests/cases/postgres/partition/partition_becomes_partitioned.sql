-- The whole tree is made anew: what its partitions have from it would be in the way of one alone.
-- old
create table t (id int not null, n int not null) partition by range (id);
create table t_low partition of t for values from (minvalue) to (100);
create table t_high partition of t for values from (100) to (maxvalue);
create index t_n on t (n);
-- rows
insert into t values (1, 1), (2, 2), (200, 3);
-- same
select id, n from t order by id
-- new
create table t (id int not null, n int not null) partition by range (id);
create table t_low partition of t for values from (minvalue) to (100) partition by list (n);
create table t_low_1 partition of t_low for values in (1);
create table t_low_rest partition of t_low default;
create table t_high partition of t for values from (100) to (maxvalue);
create index t_n on t (n);

-- Other kinds of object take the names of partitions.
-- old
create table t (id int primary key) partition by list (id);
create table t_1 partition of t for values in (1);
create table t_2 partition of t for values in (2);
-- rows
insert into t values (1), (2);
-- same
select * from t order by id
-- new
create table t (id int primary key);
create view t_1 as select * from t where id = 1;
create type t_2 as (id int);

-- A foreign partition is hung on the new table; its rows, which are elsewhere, are not copied.
-- old
create foreign data wrapper w;
create server s foreign data wrapper w;
create table t (id int not null, n int) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create foreign table t_2 partition of t for values from (10) to (20) server s;
-- rows
insert into t values (1, 1);
-- same
select * from t_1 order by id
-- new
create foreign data wrapper w;
create server s foreign data wrapper w;
create table t (id bigint not null, n int) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create foreign table t_2 partition of t for values from (10) to (20) server s;

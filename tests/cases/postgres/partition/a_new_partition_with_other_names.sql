-- A partition that is new, whose indexes have other names than the parent's would get.
-- old
create table t (id int not null, n int, constraint t_key unique (id)) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create index t_n on t (n);
-- rows
insert into t values (1, 1);
-- same
select * from t_1
-- new
create table t (id int not null, n int, constraint t_key unique (id)) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create index t_n on t (n);
create table u (id int not null, n int, constraint u_custom unique (id));
create index u_custom_n on u (n) with (fillfactor = 50);
alter table t attach partition u for values from (10) to (20);
create table t_2 partition of t for values from (20) to (30);

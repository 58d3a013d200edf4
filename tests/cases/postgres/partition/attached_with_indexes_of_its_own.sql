-- A table that has the indexes already is attached, and detached with them.
-- old
create table t (id int not null, n int, constraint t_key unique (id)) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create index t_n on t (n);
create table u (id int not null, n int, constraint u_custom unique (id));
create index u_custom_n on u (n);
-- rows
insert into t values (1, 1);
insert into u values (11, 2);
-- same
select * from t_1
select * from u
-- new
create table t (id int not null, n int, constraint t_key unique (id)) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create index t_n on t (n);
create table u (id int not null, n int, constraint u_custom unique (id));
create index u_custom_n on u (n);
alter table t attach partition u for values from (10) to (20);

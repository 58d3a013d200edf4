-- old
create table t (id integer, at date) partition by range (at);
create table t_2020 partition of t for values from ('2020-01-01') to ('2021-01-01');
create index t_at on t (at);
-- rows
insert into t values (1, '2020-05-05');
-- new
create table t (id integer, at date) partition by range (at);
create table t_2020 partition of t for values from ('2020-01-01') to ('2021-01-01');
create table t_2021 partition of t for values from ('2021-01-01') to ('2022-01-01') partition by list (id);
create table t_2021_1 partition of t_2021 for values in (1);
create table t_rest partition of t default;
create index t_at on t (at);

-- The column that a table and its parts are partitioned by gets another type: the whole tree is made anew.
-- old
create table t (id int not null, n smallint not null, primary key (id, n)) partition by range (id);
create table t_low partition of t for values from (minvalue) to (100) partition by list (n);
create table t_low_1 partition of t_low for values in (1);
create table t_low_rest partition of t_low default;
create table t_high partition of t for values from (100) to (maxvalue);
create index t_n on t (n);
create index t_high_n on t_high (n, id);
create view v as select id from t_low;
-- rows
insert into t values (1, 1), (2, 2), (200, 3);
-- same
select id, n from t order by id
-- new
create table t (id bigint not null, n int not null, more text, primary key (id, n)) partition by range (id);
create table t_low partition of t for values from (minvalue) to (100) partition by list (n);
create table t_low_1 partition of t_low for values in (1);
create table t_low_rest partition of t_low default;
create table t_high partition of t for values from (100) to (maxvalue);
create index t_n on t (n);
create index t_high_n on t_high (n, id);
create view v as select id from t_low;
-- plan
alter column public.t.id: type integer → bigint
create column public.t.more
alter column public.t.n: type smallint → integer
replace partition public.t_high: bound FOR VALUES FROM (100) TO (MAXVALUE) → FOR VALUES FROM ('100') TO (MAXVALUE)
replace partition public.t_low: bound FOR VALUES FROM (MINVALUE) TO (100) → FOR VALUES FROM (MINVALUE) TO ('100')
replace partition public.t_low_1: bound FOR VALUES IN ('1') → FOR VALUES IN (1)

-- A column that stands in an expression of the key.
-- old
create table t (id int not null, n int not null) partition by range ((id + n));
create table t_rest partition of t default;
-- rows
insert into t values (1, 2);
-- same
select id, n from t
-- new
create table t (id int not null, n bigint not null) partition by range ((id + n));
create table t_rest partition of t default;
-- plan
alter column public.t.n: type integer → bigint

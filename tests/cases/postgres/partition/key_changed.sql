-- The key and the strategy are other ones; a partition goes, and its rows stay.
-- old
create table t (id int not null, at date not null, kind text not null, primary key (id, at)) partition by range (at);
create table t_2020 partition of t for values from ('2020-01-01') to ('2021-01-01');
create table t_2021 partition of t for values from ('2021-01-01') to ('2022-01-01');
create index t_kind on t (kind);
-- rows
insert into t values (1, '2020-05-05', 'a'), (2, '2021-05-05', 'b');
-- same
select id, at, kind from t order by id
-- new
create table t (id int not null, at date not null, kind text not null, primary key (id, kind)) partition by list (kind);
create table t_a partition of t for values in ('a');
create table t_2020 partition of t default;
create index t_kind on t (kind);

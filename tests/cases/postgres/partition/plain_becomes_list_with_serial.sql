-- The sequence goes on counting, and a new column is filled.
-- old
create table t (id serial, kind text not null, primary key (id, kind));
-- rows
insert into t (kind) values ('a'), ('b'), ('c');
-- same
select id, kind from t order by id
select last_value, is_called from t_id_seq
-- new
create table t (id serial, kind text not null, more text default 'm', primary key (id, kind)) partition by list (kind);
create table t_a partition of t for values in ('a');
create table t_rest partition of t default;

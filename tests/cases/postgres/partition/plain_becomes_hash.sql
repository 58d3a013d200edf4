-- A table that has another one referring to it, with a column that goes and one that is retyped.
-- old
create table t (id int primary key, old text);
create table plain (t_id int references t);
-- rows
insert into t select n, 'x' from generate_series(1, 20) n;
insert into plain values (3);
-- same
select id from t order by id
-- new
create table t (id bigint primary key) partition by hash (id);
create table t_0 partition of t for values with (modulus 2, remainder 0);
create table t_1 partition of t for values with (modulus 2, remainder 1);
create table plain (t_id bigint references t);

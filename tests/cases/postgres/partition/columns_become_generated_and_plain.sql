-- A function that a default and a CHECK call is replaced at the same time.
-- old
create function inc(int) returns int immutable language sql as 'select $1 + 1';
create table t (id int not null, n int, g int, h int generated always as (n + 1) stored, d int default inc(3), check (inc(n) > 0));
-- rows
insert into t (id, n, g) values (1, 1, 1);
-- same
select id, n, h, d from t
-- new
create function inc(int) returns bigint immutable language sql as 'select $1 + 1::bigint';
create table t (id int not null, n int, g int generated always as (n * 2) stored, h int, d bigint default inc(3), check (inc(n) > 0)) partition by list (id);
create table t_rest partition of t default;

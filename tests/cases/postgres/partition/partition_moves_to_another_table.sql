-- A partition moves from a table that is made anew to another one, with its rows.
-- old
create table t (id int not null, n int not null) partition by list (n);
create table t_1 partition of t for values in (1);
create table t_2 partition of t for values in (2);
create table u (id int not null, n int not null);
create index t_id on t (id);
-- rows
insert into t values (1, 1), (2, 2);
insert into u values (7, 7);
-- same
select * from t_1
-- new
create table t (id int not null, n int not null);
create index t_id on t (id);
create table u (id int not null, n int not null) partition by list (n);
create table t_1 partition of u for values in (1);
create table u_rest partition of u default;

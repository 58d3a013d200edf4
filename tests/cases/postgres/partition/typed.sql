-- A typed table keeps its type.
-- old
create type row_of as (id int, at date);
create table t of row_of (id not null);
-- rows
insert into t values (1, '2020-01-01');
-- same
select * from t
-- new
create type row_of as (id int, at date);
create table t of row_of (id not null) partition by range (at);
create table t_rest partition of t default;

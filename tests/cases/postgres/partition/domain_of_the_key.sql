-- A domain that a table is partitioned by gets another base type.
-- old
create domain code as int check (value > 0);
create table t (c code not null, more text) partition by list (c);
create table t_1 partition of t for values in (1);
create table t_rest partition of t default;
create table other (c code primary key);
-- rows
insert into t values (1, 'a'), (2, 'b');
insert into other values (3);
-- same
select c, more from t order by 1
select c from other
-- new
create domain code as text check (value <> '');
create table t (c code not null, more text) partition by list (c);
create table t_1 partition of t for values in ('1');
create table t_rest partition of t default;
create table other (c code primary key);

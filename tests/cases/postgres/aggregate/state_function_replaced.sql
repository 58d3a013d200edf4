-- old
create function add(a int, b int) returns int language sql immutable as 'select $1 + $2';
create aggregate total(int) (sfunc = add, stype = int, initcond = '0');
create table t (a int);
create view v as select total(a) as n from t;
comment on aggregate total(int) is 'kept';
-- new
create function add(x int, y int) returns int language sql immutable as 'select $1 + $2';
create aggregate total(int) (sfunc = add, stype = int, initcond = '1', parallel = safe);
create table t (a int);
create view v as select total(a) as n from t;
comment on aggregate total(int) is 'kept';

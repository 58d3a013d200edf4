-- old
create function f(a int) returns int language sql immutable as 'select $1';
create view v as select f(1) as n;
comment on function f(int) is 'kept';
-- new
create function f(a int) returns int language sql immutable as 'select $1 + 1';
create view v as select f(1) as n;
comment on function f(int) is 'kept';

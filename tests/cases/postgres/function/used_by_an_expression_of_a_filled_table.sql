-- old
create table t (a int);
-- rows
insert into t values (1), (2);
-- new
create function z(a int) returns int language sql immutable as 'select $1';
create function a(a int) returns int language sql immutable as 'select z($1)';
create table t (a int, b int default a(4), c int generated always as (a(a)) stored);

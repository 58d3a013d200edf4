-- old
create function f(a int) returns int language sql immutable as 'select $1';
create view v as select f(1) as n;
create view w as select n from v;
-- new
create function f(b int) returns int language sql immutable as 'select $1 + 1';
create view v as select f(1) as n;
create view w as select n from v;

-- old
create table t (a int);
create function f(t) returns int language sql as 'select $1.a';
create function g() returns setof t language sql as 'select * from t';
-- new
create table t (a int, b int);
create function f(t) returns int language sql as 'select $1.a + $1.b';
create function g() returns setof t language sql as 'select * from t';

-- PostgreSQL 14 brought bodies that are read when the function is made.
-- old
create table t (id int primary key, n int, s text);
create function one(x int) returns int language sql immutable return x + 1;
create function many(x int) returns setof t language sql stable begin atomic; select * from t where id > x; end;
create procedure put(a int, inout b text) language sql begin atomic insert into t values (a, 1, b) returning s; end;
create view v as select one(n) as m, (many(n)).s from t;
-- rows
insert into t values (1, 2, 'x');
-- new
create table t (id int primary key, n bigint, s text, extra boolean);
create function one(x int) returns int language sql immutable return x + 2;
create function many(x bigint) returns setof t language sql stable begin atomic; select * from t where n > x; end;
create procedure put(a int, inout b text, out c bigint) language sql begin atomic insert into t (id, s) values (a, b); update t set n = n + 1 where id = a returning s, n; end;
create view v as select one(n::int) as m, (many(n)).s from t;
create index i on t (one(id));

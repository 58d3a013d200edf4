-- old
create table t (n int);
create function f() returns bigint language sql begin atomic select count(n) from t; end;
create procedure p(x int) language sql begin atomic insert into t values (x); end;
-- rows
insert into t values (1);
-- new
create table t (n bigint);
create function f() returns bigint language sql begin atomic select count(n) from t; end;
create procedure p(x int) language sql begin atomic insert into t values (x); end;

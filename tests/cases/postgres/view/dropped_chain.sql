-- old
create table t (a int);
create view z as select a from t;
create view m as select a from z;
create view a as select a from m;
create function f() returns setof a language sql begin atomic select a from a; end;
-- new
create table t (a int);

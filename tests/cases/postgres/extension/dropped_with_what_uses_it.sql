-- old
create extension citext;
create table t (a citext, b int);
create view v as select a from t;
create function f(citext) returns int language sql as 'select 1';
create cast (citext as int) with function f(citext);
create aggregate longest(citext) (sfunc = citext_larger, stype = citext);
-- new
create table t (b int);
create view v as select b from t;

-- old
create table t (a int);
create function g() returns setof t language sql as 'select * from t';
create view v as select a from g();
-- new
create table u (a int);
create function g() returns setof u language sql as 'select * from u';
create view v as select a from g();

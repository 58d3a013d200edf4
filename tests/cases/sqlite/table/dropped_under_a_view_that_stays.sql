-- A view over what is gone stays, as SQLite lets it.
-- old
create table t (a int); create table u (a int); create view v as select t.a from t, u;
-- rows
insert into u values (1);
-- new
create table u (a int); create view v as select t.a from t, u;

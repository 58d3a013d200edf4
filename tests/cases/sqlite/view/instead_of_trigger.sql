-- A trigger lives and dies with its view.
-- old
create table t (a int); create view v as select a from t; create trigger tr instead of insert on v begin insert into t values (new.a); end;
-- rows
insert into t values (1);
-- new
create table t (a int, b int); create view v as select a, b from t; create trigger tr instead of insert on v begin insert into t values (new.a, new.b); end;

-- A view that names what is not there stops no other change.
-- old
create table t (a int, b int); create view broken as select x from nope;
-- rows
insert into t values (1, 2);
-- new
create table t (a int); create view broken as select x from nope;

-- Rows without a key keep their rowid.
-- old
create table t (a int); create view v as select rowid as r, a from t;
-- rows
insert into t (rowid, a) values (3, 1), (77, 2);
-- new
create table t (a text); create view v as select rowid as r, a from t;

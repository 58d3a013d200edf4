-- The views change places in the order of their needs.
-- old
create table t (a int);
create view v as select a from t;
create view w as select a from v;
-- new
create table t (a int);
create view w as select a from t;
create view v as select a from w;

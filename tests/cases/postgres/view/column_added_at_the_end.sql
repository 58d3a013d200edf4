-- CREATE OR REPLACE keeps what depends on the view.
-- old
create table t (a int, b int);
create view v as select a from t;
create view w as select a from v;
-- new
create table t (a int, b int);
create view v as select a, b from t;
create view w as select a from v;

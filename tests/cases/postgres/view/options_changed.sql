-- old
create table t (a int);
create view v with (security_barrier) as select a from t where a > 1;
create view w as select a from t where a > 1 with local check option;
create view u with (security_barrier = true) as select a from t where a > 1 with cascaded check option;
-- new
create table t (a int);
create view v as select a from t where a > 1;
create view w as select a from t where a > 1 with cascaded check option;
create view u with (security_barrier = false) as select a from t where a > 1;

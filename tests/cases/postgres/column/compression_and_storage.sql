-- old
create table t (a text compression pglz, b text, c text, d int);
create table child (e text compression pglz) inherits (t);
create materialized view m as select b from t;
-- new
create table t (a text, b text compression pglz, c text, d int);
alter table t alter c set storage external;
create table child (e text compression pglz) inherits (t);
alter table child alter a set compression pglz;
create materialized view m as select b from t;
alter materialized view m alter b set compression pglz;

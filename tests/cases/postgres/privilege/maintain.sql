-- needs 17
-- old
create table t (a int);
grant maintain on t to reader;
grant select, insert, update, delete, truncate, references, trigger on t to writer;
-- new
create table t (a int);
create materialized view m as select a from t;
grant maintain on t to auditor with grant option;
grant all on t to writer;
grant maintain on m to reader;
alter default privileges grant maintain on tables to auditor;

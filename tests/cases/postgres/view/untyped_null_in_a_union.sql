-- The server prints the view otherwise when it reads its own text.
-- old
create table t (a int, b int);
create view v as select q.x, q.b from (select a as x, b from t union all select a, null from t) q;
create materialized view mv as select q.x, q.b from (select a as x, b from t union all select a, null from t union select 1, null) q;
-- rows
insert into t values (1, 2);
-- new
create table t (a bigint, b int);
create view v as select q.x, q.b from (select a as x, b from t union all select a, null from t) q;
create materialized view mv as select q.x, q.b from (select a as x, b from t union all select a, null from t union select 1, null) q;

-- PostgreSQL 14 brought subscripts of jsonb and hstore, SEARCH and CYCLE, DISTINCT of groupings, and aliases of joins.
-- old
create table t (id int primary key, up int, j jsonb);
-- new
create table t (id int primary key, up int, j jsonb, check (j['kind'] <> '"none"'));
create view subscript as select (j['a']['b'])::text as b from t where j['c'] is not null;
create view walk as with recursive w (id, up) as (select id, up from t union all select t.id, t.up from t join w on w.id = t.up)
  search breadth first by id set place cycle id set again using way select id, again from w order by place;
create view once as select id, up, count(*) from t group by distinct rollup (id, up), rollup (id);
create view named as select x.id from (t a join t b using (id) as x);

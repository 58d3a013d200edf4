-- The server prints `TO 'yes'::text`, which it does not read.
-- old
create table t (id int primary key, up int);
create view c as with recursive r (id, up) as (select id, up from t union all select t.id, t.up from t join r on r.id = t.up)
  cycle id set again to 'yes' default 'no' using way select id, again from r;
-- new
create table t (id bigint primary key, up bigint);
create view c as with recursive r (id, up) as (select id, up from t union all select t.id, t.up from t join r on r.id = t.up)
  cycle id set again to 'yes' default 'no' using way select id, again from r;
create view d as with recursive r (id, up) as (select id, up from t union all select t.id, t.up from t join r on r.id = t.up)
  cycle id, up set since to date '2020-01-01' default date '1970-01-01' using way select id, since from r where since > '2000-01-01';

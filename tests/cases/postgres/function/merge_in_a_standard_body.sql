-- needs 17
-- old
create table t (id int primary key, n int);
create view v as select id, n from t;
-- new
create table t (id int primary key, n bigint);
create view v as select id, n from t;
create function f(x int) returns setof int language sql begin atomic
  merge into t using (select x as id) s on t.id = s.id
    when matched and t.n > 5 then delete
    when matched then update set n = t.n + 1
    when not matched by source then do nothing
    when not matched then insert values (s.id, 0)
    returning t.id;
end;

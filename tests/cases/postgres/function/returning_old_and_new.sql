-- needs 18
-- old
create table t (id int primary key, n int);
-- new
create table t (id int primary key, n int);
create function f(x int) returns table (was int, is_now int) language sql begin atomic
  update t set n = x returning with (old as o) o.n, new.n;
end;
create rule r as on delete to t do also insert into t select old.id, 0;

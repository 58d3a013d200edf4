-- old
create function ok(a int) returns boolean language sql stable as 'select true';
create table t (a int);
create policy p on t for select using (ok(a));
create policy q on t for insert with check (ok(a) and exists (select 1 from t x where x.a = t.a));
-- new
create function ok(b int) returns boolean language sql stable as 'select true';
create table t (a int);
create policy p on t for select using (ok(a));
create policy q on t for insert with check (ok(a) and exists (select 1 from t x where x.a = t.a));

-- old
create table t (a int);
create rule r as on insert to t do also nothing;
-- new
create table t (a int, b int);
create table audit (a int, b int, at timestamptz default now());
create rule r as on insert to t do also insert into audit (a, b) select new.a, new.b where new.a > 0;
create rule s as on delete to t do also update audit set b = 0 where a = old.a;

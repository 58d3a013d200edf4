-- old
create table t (a int, b int);
create policy p on t using (a > 1 and b > 1);
-- new
create table t (a int);
create policy p on t using (a > 1);

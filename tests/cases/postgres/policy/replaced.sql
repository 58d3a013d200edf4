-- old
create table t (a int);
create policy p on t using (a > 1) with check (a > 1);
create policy q on t for select using (a > 1);
create policy r on t as permissive using (a > 1);
comment on policy r on t is 'kept';
-- new
create table t (a int);
create policy p on t using (a > 1);
create policy q on t for update using (a > 1);
create policy r on t as restrictive using (a > 1);
comment on policy r on t is 'kept';

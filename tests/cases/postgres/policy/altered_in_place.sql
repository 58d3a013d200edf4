-- old
create table t (a int, owner text);
alter table t enable row level security;
create policy p on t for all to pg_monitor using (a > 1) with check (a > 1);
create policy q on t for select to public using (a > 1);
create policy r on t for insert with check (owner = current_user);
comment on policy p on t is 'kept';
-- new
create table t (a int, owner text);
alter table t enable row level security;
create policy p on t for all to pg_monitor, pg_read_all_data using (a > 2) with check (a > 3);
create policy q on t for select to current_user using (a > 1);
create policy r on t for insert with check (owner = session_user);
comment on policy p on t is 'kept';

-- old
create table t (id integer, owner text);
-- rows
insert into t values (1, 'x');
-- new
create table t (id integer, owner text);
alter table t enable row level security;
alter table t force row level security;
create policy own on t for select to reader using (owner = current_user);

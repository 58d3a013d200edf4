-- old
create table m (id int, who text);
create table t (a int);
alter table t enable row level security;
create policy p on t using (exists (select from m where m.id = t.a and m.who = current_user));
-- rows
insert into m values (1, 'x');
-- new
create table m (id bigint, who text);
create table t (a bigint);
alter table t enable row level security;
create policy p on t using (exists (select from m where m.id = t.a and m.who = current_user));

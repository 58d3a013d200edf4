-- old
create table users (id int primary key, n text);
create table x (id int); alter table x enable row level security;
create policy p on x using (exists (select from users where users.id = x.id));
create view v as select id from users;
-- new
create table people (id int primary key, n text);
create view users as select id, n from people;
create table x (id int); alter table x enable row level security;
create policy p on x using (exists (select from users where users.id = x.id and n is not null));
create view v as select id, 1 as one from users;

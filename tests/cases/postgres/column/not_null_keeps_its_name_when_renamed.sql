-- From PostgreSQL 18 on NOT NULL has a name, which stays when its table or column gets another one.
-- rename public.people=public.persons
-- rename public.people.mail=public.persons.email
-- rename public.child.old=public.child.new
-- old
create table people (id int primary key, mail text not null, n int constraint own not null);
create table child (old int not null, x text not null);
-- rows
insert into people values (1, 'a', 2); insert into child values (1, 'x');
-- new
create table persons (id int primary key, email text not null, n int constraint own not null);
create table child (new int not null, x text);

-- rename person=people
-- old
create table person (id integer primary key);
create table pet (owner integer references person);
create view v as select id from person;
-- rows
insert into person values (1); insert into pet values (1);
-- new
create table people (id integer primary key);
create table pet (owner integer references people);
create view v as select id from people;

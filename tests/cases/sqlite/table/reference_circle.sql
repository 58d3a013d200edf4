-- Two tables that refer to each other, both rebuilt.
-- old
create table a (id integer primary key, b_id int references b (id), x int); create table b (id integer primary key, a_id int references a (id), x int);
-- rows
insert into a values (1, null, 1); insert into b values (1, 1, 1); update a set b_id = 1;
-- new
create table a (id integer primary key, b_id int references b (id), x text); create table b (id integer primary key, a_id int references a (id), x text);

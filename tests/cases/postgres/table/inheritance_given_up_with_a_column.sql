-- old
create table a (id int, t text);
create table b (id int, t text, n int) inherits (a);
-- rows
insert into a values (1, 'x');
-- new
create table a (id int, t text);
create table b (id int, n int);

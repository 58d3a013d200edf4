-- old
create table a (id int, n int, m int);
create table b (n int, m int);
create table c () inherits (a, b);
-- rows
insert into c values (1, 2, 3);
insert into a values (4, 5, 6);
-- same
select id, n, m from c
-- new
create table a (id int);
create table b (n int, m int);
create table c () inherits (a, b);

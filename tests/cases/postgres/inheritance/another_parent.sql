-- A column never without a parent stays one that the child has from its parents alone.
-- old
create table a (id int, n int);
create table b (id int);
create table z (id int);
create table c (own int) inherits (a);
create table d () inherits (a, b);
create table e () inherits (a);
-- rows
insert into c values (1, 2, 3);
insert into d values (4, 5);
-- same
select id, own from c
select id from d
-- new
create table a (id int, n int);
create table b (id int);
create table z (id int);
create table c (own int, n int) inherits (b);
create table d (n int) inherits (b, z);
create table e (n int) inherits (z);

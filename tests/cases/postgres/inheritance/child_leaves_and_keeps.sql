-- old
create table a (id int, n int);
create table b (k int);
create table c (own int) inherits (a, b);
-- rows
insert into c values (1, 2, 3, 4);
-- same
select id, n, k, own from c
-- new
create table a (id int, n int);
create table b (k int);
create table c (id int, n int, k int, own int) inherits (b);

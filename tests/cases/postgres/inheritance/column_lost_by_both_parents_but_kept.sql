-- old
create table a (id int, n int);
create table b (n int, m int);
create table c (m int) inherits (a, b);
-- rows
insert into c values (1, 2, 3);
-- same
select id, n, m from c order by 1
-- new
create table a (id int);
create table b (k int);
create table c (n int, m int) inherits (a, b);

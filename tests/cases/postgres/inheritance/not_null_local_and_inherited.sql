-- old
create table p (id int not null, n int not null, m int);
create table c (n int not null) inherits (p);
create table d () inherits (p);
-- rows
insert into c values (1, 1, 1);
insert into d values (2, 1, 1);
-- new
create table p (id int not null, n int, m int not null);
create table c (n int not null) inherits (p);
create table d () inherits (p);

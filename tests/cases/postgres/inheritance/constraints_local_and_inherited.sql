-- old
create table p (id int, n int, constraint k check (n > 0), constraint own check (id > 0));
create table c (constraint k check (n > 0)) inherits (p);
create table d () inherits (p);
-- rows
insert into c values (1, 1);
insert into d values (2, 1);
-- new
create table p (id int, n int, constraint own check (id > 0));
create table c (constraint k check (n > 0), constraint own check (id > 0)) inherits (p);
create table d (constraint k check (n > 0)) inherits (p);

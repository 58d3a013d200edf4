-- The server drops what is a child's own as well only when the parent's is gone.
-- old
create table p (id int, constraint pos check (id > 0));
create table c (x int, constraint pos check (id > 0)) inherits (p);
create table d (y int) inherits (p);
create table q (id int, constraint low check (id < 9));
create table r (x int, constraint low check (id < 9)) inherits (q);
create table s (y int, constraint low check (id < 9)) inherits (q);
-- rows
insert into c values (2, 1); insert into s values (1, 1);
-- new
create table p (id int, constraint pos check (id > 1));
create table c (x int, constraint pos check (id > 1)) inherits (p);
create table d (y int) inherits (p);
create table q (id int);
create table r (x int, constraint low check (id < 9)) inherits (q);
create table s (y int) inherits (q);

-- A check that a table has from its parent may be its own besides, which shows when the parent's goes.
-- old
create table p (id int, constraint pos check (id > 0));
create table c (x int, constraint pos check (id > 0)) inherits (p);
create table d (y int) inherits (p);
create table e (z int) inherits (d);
create table loose (id int, constraint own check (id > 0));
-- rows
insert into c values (1, 1); insert into d values (1, 1); insert into e values (1, 1, 1);
-- new
create table p (id int, constraint pos check (id > 0));
create table c (x int) inherits (p);
create table d (y int, constraint pos check (id > 0)) inherits (p);
create table e (z int) inherits (d);
create table loose (id int, constraint own check (id > 0));

-- A child may have its own name for what its parent says too, and may have had it before it became a child.
-- needs 18
-- old
create table p (a int constraint p_there not null, b int not null, c int not null no inherit);
create table c (a int constraint c_there not null, b int constraint c_b not null) inherits (p);
create table d (a int constraint own not null, b int constraint own_b not null, c int);
create table part (id int constraint id_there not null, n int not null) partition by list (id);
create table part1 partition of part for values in (1);
-- rows
insert into part values (1, 1);
-- new
create table p (a int constraint p_there not null, b int not null, c int not null no inherit);
create table c (a int constraint c_there not null, b int constraint c_b not null) inherits (p);
create table d (a int constraint own not null, b int constraint own_b not null, c int);
alter table d inherit p;
create table part (id int constraint id_there not null, n int not null) partition by list (id);
create table part1 partition of part for values in (1);
create table part2 (id int constraint id_here not null, n int not null);
alter table part attach partition part2 for values in (2);

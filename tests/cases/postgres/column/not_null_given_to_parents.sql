-- needs 18
-- old
create table p (a int, b int not null, c int constraint c_there not null, d int);
create table k (e int) inherits (p);
create table l (a int constraint own not null, d int not null) inherits (p);
create table q (id int, n int, old_name int not null) partition by list (id);
create table q1 partition of q (n not null) for values in (1);
create table q2 partition of q for values in (2);
-- rows
insert into k values (1, 2, 3, 4);
insert into q values (1, 2, 3);
-- new
create table p (a int constraint a_there not null, b int, c int constraint c_here not null, d int);
create table k (e int, constraint k_b not null b) inherits (p);
create table l (a int constraint own not null, d int not null) inherits (p);
create table q (id int not null, n int not null, old_name int constraint new_name not null) partition by list (id);
create table q1 partition of q for values in (1);
create table q2 partition of q for values in (2);

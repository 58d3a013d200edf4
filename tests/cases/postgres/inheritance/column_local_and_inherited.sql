-- old
create table p (id int, note text default 'x' not null);
create table c (note text default 'x') inherits (p);
create table d (id int) inherits (p);
create table e () inherits (p);
-- rows
insert into c values (1, 'c');
insert into d values (2, 'd');
insert into e values (3, 'e');
-- same
select id, note from c
select id, note from d
select id, note from e
-- new
create table p (id int, note text default 'x' not null);
create table c () inherits (p);
create table d (id int, note text) inherits (p);
create table e (id int, note text default 'y') inherits (p);

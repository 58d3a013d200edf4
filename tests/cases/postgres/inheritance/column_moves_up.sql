-- The parent gets a column that its children have already.
-- old
create table p (id int);
create table c (note text) inherits (p);
create table d (note text) inherits (p);
-- rows
insert into c values (1, 'c');
-- same
select id, note from c
-- new
create table p (id int, note text);
create table c () inherits (p);
create table d (note text) inherits (p);

-- needs 18
-- old
create table p (id int);
create table c () inherits (p);
-- rows
insert into c values (1);
-- new
create table p (id int, n int default 1 not null);
create table c (constraint p_n_not_null not null n) inherits (p);

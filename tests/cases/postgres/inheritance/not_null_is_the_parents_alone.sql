-- needs 18
-- old
create table p (n int not null);
create table c (constraint p_n_not_null not null n) inherits (p);
create table d (constraint p_n_not_null not null n) inherits (p);
create table e () inherits (p);
-- rows
insert into c values (1);
insert into e values (2);
-- new
create table p (n int not null);
create table c () inherits (p);
create table d (constraint p_n_not_null not null n) inherits (p);
create table e () inherits (p);

-- needs 18
-- old
create table p (n int not null);
create table c () inherits (p);
create table g () inherits (c);
-- rows
insert into c values (1);
-- new
create table p (n int not null);
create table c (constraint p_n_not_null not null n) inherits (p);
create table g () inherits (c);
-- plan
alter column public.c.n: not_null_only_inherited

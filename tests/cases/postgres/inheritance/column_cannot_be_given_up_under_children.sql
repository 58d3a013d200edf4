-- old
create table p (id int);
create table c (note text) inherits (p);
create table g () inherits (c);
-- new
create table p (id int, note text);
create table c () inherits (p);
create table g () inherits (c);
-- refused
declare the column in public.c too

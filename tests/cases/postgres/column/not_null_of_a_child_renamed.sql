-- The server renames no constraint that a child has from its parent too.
-- needs 18
-- old
create table p (a int not null);
create table c (a int constraint there not null) inherits (p);
-- new
create table p (a int not null);
create table c (a int constraint here not null) inherits (p);
-- refused
PostgreSQL does not rename the constraint there to here while column public.p.a has it under another name

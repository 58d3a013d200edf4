-- old
create table p (a int, b text generated always as ('x') stored) partition by range (a);
create table p1 partition of p for values from (1) to (2);
create table i (a int, g text generated always as ('x') stored);
create table i1 () inherits (i);
-- rows
insert into p values (1);
-- new
create table p (a int, b text) partition by range (a);
create table p1 partition of p for values from (1) to (2);
create table i (a int, g text);
create table i1 () inherits (i);

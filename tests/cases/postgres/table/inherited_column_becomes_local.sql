-- old
create table p (a int, b int, c int);
create table k (b int, own text) inherits (p);
create table l (own text) inherits (p);
-- rows
insert into k values (1, 2, 3, 'x');
-- new
create table p (a int, c int);
create table k (b int, own text) inherits (p);
create table l (own text) inherits (p);

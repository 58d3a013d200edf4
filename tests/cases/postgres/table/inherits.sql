-- old
create table base (id integer, name text);
create table child (extra text) inherits (base);
-- rows
insert into child values (1, 'a', 'b');
-- new
create table base (id integer, name text, added date);
create table child (extra text, more integer) inherits (base);

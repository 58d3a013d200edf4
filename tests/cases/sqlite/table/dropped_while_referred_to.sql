-- A reference to a table that is not there is legal.
-- old
create table p (id integer primary key); create table c (id integer primary key, p_id int references p (id));
-- rows
insert into c values (1, null);
-- new
create table c (id integer primary key, p_id int references p (id));

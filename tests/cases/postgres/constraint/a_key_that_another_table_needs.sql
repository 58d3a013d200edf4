-- A unique key that a foreign key needs goes with that foreign key, and comes back before it.
-- old
create table a (id int primary key, code text);
create table b (code text);
-- rows
insert into a values (1, 'x'); insert into b values ('x');
-- new
create table a (id int primary key, code text, constraint a_code unique (code));
create table b (code text references a (code));
create table c (code text, id int references a, foreign key (code) references a (code));

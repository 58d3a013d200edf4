-- old
create table p (id int, note text);
create table c (own int) inherits (p);
-- rows
insert into p values (1, 'p');
insert into c values (2, 'c', 3);
-- same
select id, note, own from c order by id
-- new
create table p (id int);
create table c (own int, note text) inherits (p);

-- A foreign key on a column that is there.
-- old
create table p (id integer primary key); create table c (id integer primary key, p_id int);
-- rows
insert into p values (1); insert into c values (1, 1);
-- new
create table p (id integer primary key); create table c (id integer primary key, p_id int, constraint fk foreign key (p_id) references p);

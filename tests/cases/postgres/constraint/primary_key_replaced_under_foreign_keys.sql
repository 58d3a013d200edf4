-- old
create table a (id integer primary key, code text not null unique);
create table b (a_id integer references a);
-- rows
insert into a values (1, 'x'); insert into b values (1);
-- new
create table a (id integer, code text not null unique, constraint a_key primary key (id));
create table b (a_id integer references a);

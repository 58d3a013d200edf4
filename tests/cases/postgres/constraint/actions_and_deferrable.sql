-- old
create table a (id integer primary key);
create table b (a_id integer references a on delete cascade);
-- rows
insert into a values (1); insert into b values (1);
-- new
create table a (id integer primary key);
create table b (a_id integer references a on delete set null on update cascade deferrable initially deferred);

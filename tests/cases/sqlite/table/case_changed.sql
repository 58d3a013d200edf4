-- A table in another case is the same table.
-- old
create table Users (id integer primary key, a int); create index i on Users (a); create view v as select a from Users; create trigger tr after insert on Users begin select 1; end;
-- rows
insert into Users values (1, 2);
-- new
create table users (id integer primary key, a int); create index i on users (a); create view v as select a from users; create trigger tr after insert on users begin select 1; end;

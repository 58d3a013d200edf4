-- A foreign key to a column that is no key, and one to no table at all: SQLite lets them stand until they are used.
-- old
create table p (a int);
create table c (x int references p (a), y int references nowhere (b), n int);
-- rows
insert into p values (1);
-- new
create table p (a int);
create table c (x int references p (a), y int references nowhere (b), n text);

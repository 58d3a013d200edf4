-- old
create table t (a int);
grant select, insert on t to reader with grant option;
set role reader;
grant select, insert on t to writer;
reset role;
grant update on t to writer;
-- new
create table t (a int);
grant select on t to reader with grant option;

-- old
create table t (id int generated always as identity, n int);
-- rows
insert into t (n) values (1);
-- new
create table t (id int, n int);

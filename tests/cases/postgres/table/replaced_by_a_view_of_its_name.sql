-- old
create table keep (id integer);
create table t (id integer);
-- new
create table keep (id integer);
create view t as select id from keep;

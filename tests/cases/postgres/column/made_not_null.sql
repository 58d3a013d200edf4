-- old
create table t (n integer);
-- rows
insert into t values (1);
-- new
create table t (n integer not null);

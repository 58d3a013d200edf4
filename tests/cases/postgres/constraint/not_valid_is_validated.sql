-- old
create table t (n integer);
alter table t add constraint positive check (n > 0) not valid;
-- rows
insert into t values (1);
-- new
create table t (n integer, constraint positive check (n > 0));

-- old
create table t (a integer, b text);
-- rows
insert into t values (1, 'y');
-- new
create table t (a integer, b text compression pglz);
alter table t alter a set (n_distinct = 5);

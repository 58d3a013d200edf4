-- needs 15
-- old
create table t (a integer unique);
-- rows
insert into t values (1), (null);
-- new
create table t (a integer, unique nulls not distinct (a));

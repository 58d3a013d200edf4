-- old
create table t (a integer);
create unique index t_a_key on t (a);
-- rows
insert into t values (1);
-- new
create table t (a integer unique);

-- old
create table t (id integer not null, n integer);
create unique index t_id on t (id);
-- rows
insert into t values (1, 2);
-- new
create table t (id integer not null, n integer);
create unique index t_id on t (id);
alter table t replica identity using index t_id;

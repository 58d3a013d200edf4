-- A name moves from an index to a table.
-- old
create table t (a int); create index n on t (a);
-- rows
insert into t values (1);
-- new
create table t (a int); create table n (a int);

-- An index keeps its name and gets another table.
-- old
create table t (a int); create table u (a int); create index i on t (a);
-- rows
insert into t values (1);
-- new
create table t (a int); create table u (a int); create index i on u (a);

-- The column first, then the index.
-- old
create table t (a int);
-- rows
insert into t values (1);
-- new
create table t (a int, b int); create unique index i on t (b) where b is not null; create index j on t (b + a);

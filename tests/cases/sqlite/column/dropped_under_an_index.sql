-- The index goes first.
-- old
create table t (a int, b int, c int); create index i on t (a, b); create index j on t (lower(b)); create index k on t (a) where b > 1; create index l on t (c);
-- rows
insert into t values (1, 2, 3);
-- new
create table t (a int, c int); create index i on t (a); create index l on t (c);

-- Everything that an index says counts.
-- old
create table t (a text, b int); create index i1 on t (a); create index i2 on t (a) where b > 1; create index i3 on t (a collate nocase); create index i4 on t (b); create index i5 on t (lower(a));
-- rows
insert into t values ('x', 1);
-- new
create table t (a text, b int); create index i1 on t (a desc); create index i2 on t (a) where b > 2; create index i3 on t (a); create unique index i4 on t (b); create index i5 on t (upper(a));

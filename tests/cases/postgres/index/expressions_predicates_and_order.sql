-- old
create table t (a text, b integer, c integer);
create index i on t (a);
-- rows
insert into t values ('a', 1, 2);
-- new
create table t (a text, b integer, c integer);
create index i on t (lower(a) text_pattern_ops, b desc nulls last) include (c) where c is not null;

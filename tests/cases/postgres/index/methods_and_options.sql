-- old
create table t (a integer[], b text, c integer);
-- new
create table t (a integer[], b text, c integer);
create index i1 on t using gin (a) with (fastupdate = off);
create index i2 on t using hash (b);
create index i3 on t using brin (c) with (pages_per_range = 16);

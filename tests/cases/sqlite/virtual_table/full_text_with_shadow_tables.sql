-- Its shadow tables are its own.
-- old
create table t (a int);
-- rows
insert into t values (1);
-- new
create table t (a int); create virtual table ft using fts5(title, body unindexed, tokenize = 'porter unicode61'); create virtual table old using fts4(x); create virtual table rt using rtree(id, minx, maxx);

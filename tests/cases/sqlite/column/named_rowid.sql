-- Columns that hide the rowid.
-- old
create table t (rowid text, a int); create table u (rowid text, _rowid_ text, oid text, a int);
-- rows
insert into t values ('x', 1); insert into u values ('a', 'b', 'c', 1);
-- new
create table t (rowid text, a bigint); create table u (rowid text, _rowid_ text, oid text, a bigint);

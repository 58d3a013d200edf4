-- Rows that no column of the new table takes are not dropped in silence.
-- old
create table t (a text primary key) without rowid;
-- rows
insert into t values ('x');
-- new
create table t (b text primary key) without rowid;
-- refused
no column in common

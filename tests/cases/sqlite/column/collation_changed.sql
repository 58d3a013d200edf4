-- COLLATE is part of a column.
-- old
create table t (a text, b text collate nocase);
-- rows
insert into t values ('A', 'B');
-- new
create table t (a text collate nocase, b text);

-- Conflict clauses, collations and directions of a key.
-- old
create table t (a text, b text, unique (a, b) on conflict replace);
-- rows
insert into t values ('x', 'y');
-- new
create table t (a text, b text, unique (a collate nocase, b desc) on conflict ignore);

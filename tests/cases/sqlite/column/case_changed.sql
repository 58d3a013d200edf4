-- A name in another case is the same name, so nothing is lost.
-- old
create table t (Id integer primary key, Name text); create index i on t (Name);
-- rows
insert into t values (1, 'x');
-- new
create table t (id integer primary key, name text); create index i on t (name);

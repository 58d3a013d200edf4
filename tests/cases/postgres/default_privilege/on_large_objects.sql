-- needs 18
-- old
create table t (a int);
alter default privileges grant select on large objects to reader;
-- new
create table t (a int);
alter default privileges grant select, update on large objects to reader;
alter default privileges grant select on large objects to public;

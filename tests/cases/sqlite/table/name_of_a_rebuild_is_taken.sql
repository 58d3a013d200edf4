-- A table that is called what a rebuild would call its new one.
-- old
create table t (a int); create table migrate_new_t (a int);
-- rows
insert into t values (1); insert into migrate_new_t values (2);
-- new
create table t (a text); create table migrate_new_t (a text);

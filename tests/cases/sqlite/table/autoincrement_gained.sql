-- AUTOINCREMENT comes and goes.
-- old
create table t (id integer primary key, a int); create table u (id integer primary key autoincrement, a int);
-- rows
insert into t values (4, 1); insert into u values (8, 1);
-- new
create table t (id integer primary key autoincrement, a int); create table u (id integer primary key, a int);

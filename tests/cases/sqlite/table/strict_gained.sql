-- STRICT comes and goes.
-- old
create table t (id integer primary key, a text, b any); create table u (id integer primary key, a int) strict;
-- rows
insert into t values (1, 'x', 2); insert into u values (1, 2);
-- new
create table t (id integer primary key, a text, b any) strict; create table u (id integer primary key, a int);

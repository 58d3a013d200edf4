-- Defaults: literal, expression, signed, double-quoted.
-- old
create table t (id integer primary key, a int default 1, b text default 'X', c text default (lower('a')), d int default -1, e text default "q");
-- rows
insert into t (id) values (1);
-- new
create table t (id integer primary key, a int default 2, b text default 'x', c text default (upper('a')), d int default +1, e text);

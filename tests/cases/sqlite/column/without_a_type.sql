-- A column may have no type.
-- old
create table t (a, b text);
-- rows
insert into t values (1, 'x');
-- new
create table t (a, b, c);

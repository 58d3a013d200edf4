-- Rows keep their order and number when their key goes.
-- old
create table t (id integer primary key, a text);
-- rows
insert into t values (5, 'x'), (9, 'y');
-- new
create table t (a text);

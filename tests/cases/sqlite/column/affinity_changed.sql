-- Values keep what they are where the new type cannot take them.
-- old
create table t (id integer primary key, a text, b int);
-- rows
insert into t values (1, 'abc', 5), (2, '17', 6);
-- new
create table t (id integer primary key, a integer, b text);

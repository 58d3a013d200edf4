-- The counter is kept when the highest rows are gone.
-- old
create table t (id integer primary key autoincrement, a int); create table empty (id integer primary key autoincrement, a int);
-- rows
insert into t (a) values (1), (2), (3); delete from t where id > 1; insert into empty (a) values (1); delete from empty;
-- new
create table t (id integer primary key autoincrement, a text); create table empty (id integer primary key autoincrement, a text);

-- INTEGER PRIMARY KEY on a column that was an ordinary one.
-- old
create table t (id int, a text); create table u (a text);
-- rows
insert into t values (7, 'x'); insert into u values ('y');
-- new
create table t (id integer primary key, a text); create table u (id integer primary key, a text);

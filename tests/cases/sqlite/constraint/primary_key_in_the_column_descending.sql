-- INTEGER PRIMARY KEY DESC is no alias of the rowid, PRIMARY KEY (id DESC) is.
-- old
create table t (id integer primary key desc, a int);
-- rows
insert into t values (1, 2);
-- new
create table t (id integer, a int, primary key (id desc));

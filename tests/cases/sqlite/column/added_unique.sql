-- UNIQUE needs a rebuild.
-- old
create table t (id integer primary key, a text);
-- rows
insert into t values (1, 'x'), (2, 'y');
-- new
create table t (id integer primary key, a text, b text unique on conflict replace);

-- A foreign key to the table itself.
-- old
create table t (id integer primary key, up int references t (id) on delete cascade, n int);
-- rows
insert into t values (1, null, 1), (2, 1, 2);
-- new
create table t (id integer primary key, up int references t (id) on delete restrict, n text);

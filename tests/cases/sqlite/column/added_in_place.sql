-- A plain column is added without a rebuild.
-- old
create table t (id integer primary key);
-- rows
insert into t values (1), (2);
-- new
create table t (id integer primary key, note text not null default 'none', n int check (n >= 0) default 1);
-- plan
create column t.n
create column t.note
create constraint t."check (n >= 0)"

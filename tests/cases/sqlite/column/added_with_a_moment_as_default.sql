-- CURRENT_TIMESTAMP cannot be added in place to rows that are there.
-- old
create table t (id integer primary key);
-- rows
insert into t values (1), (2);
-- new
create table t (id integer primary key, at text not null default current_timestamp, u text default (upper('x')));

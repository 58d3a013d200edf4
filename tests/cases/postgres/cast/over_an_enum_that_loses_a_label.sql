-- old
create type e as enum ('a', 'b');
create cast (text as e) with inout as assignment;
create table t (k e);
-- rows
insert into t values ('a');
-- new
create type e as enum ('a', 'c');
create cast (text as e) with inout as assignment;
create table t (k e);

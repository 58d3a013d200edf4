-- A new label can be used only after commit, so the type is made anew.
-- old
create type mood as enum ('sad');
create table t (m mood default 'sad');
-- rows
insert into t values ('sad');
-- new
create type mood as enum ('sad', 'ok');
create table t (m mood default 'ok');

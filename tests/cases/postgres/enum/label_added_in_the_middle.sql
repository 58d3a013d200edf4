-- old
create type mood as enum ('sad', 'happy');
create table t (m mood);
-- rows
insert into t values ('sad');
-- new
create type mood as enum ('sad', 'ok', 'happy');
create table t (m mood);

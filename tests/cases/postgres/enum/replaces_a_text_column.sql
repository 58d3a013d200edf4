-- old
create table t (s text not null default 'new');
-- rows
insert into t values ('old');
-- new
create type state as enum ('new', 'old');
create table t (s state not null default 'new');

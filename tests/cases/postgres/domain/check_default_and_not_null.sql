-- old
create domain positive as integer;
create table t (n positive);
-- rows
insert into t values (1);
-- new
create domain positive as integer default 1 not null constraint above check (value > 0);
create table t (n positive);

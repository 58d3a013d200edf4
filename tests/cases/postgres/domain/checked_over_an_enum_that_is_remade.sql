-- old
create type mood as enum ('a', 'b', 'c');
create domain d as mood check (value is not null) constraint other check (value <> 'b');
create domain dd as d check (value is not null);
create table t (x d, y dd);
-- rows
insert into t values ('a', 'a');
-- new
create type mood as enum ('a', 'c');
create domain d as mood check (value is not null) constraint other check (value <> 'c');
create domain dd as d check (value is not null);
create table t (x d, y dd);

-- old
create foreign data wrapper w;
create server s foreign data wrapper w;
create type mood as enum ('ok', 'sad');
create domain positive as integer;
create type pair as (x integer);
create foreign table f (a mood default 'ok', b positive[], c pair) server s;
create view v as select a, (c).x from f;
create table t (a mood, b positive[], c pair);
-- rows
insert into t values ('ok', '{1}', '(1)');
-- new
create foreign data wrapper w;
create server s foreign data wrapper w;
create type mood as enum ('new', 'ok');
create domain positive as bigint check (value > 0);
create type pair as (y text, x integer);
create foreign table f (a mood default 'new', b positive[], c pair) server s;
create view v as select a, (c).x from f;
create table t (a mood, b positive[], c pair);

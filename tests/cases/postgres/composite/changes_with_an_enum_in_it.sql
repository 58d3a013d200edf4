-- old
create type mood as enum ('sad', 'ok', 'happy');
create type pair as (m mood, n int);
create table t (id int primary key, p pair);
create view v as select id, (p).m from t;
-- rows
insert into t values (1, ('ok', 1)), (2, null);
-- new
create type mood as enum ('happy', 'ok', 'sad');
create type pair as (m mood, n bigint, o text);
create table t (id int primary key, p pair);
create view v as select id, (p).m from t;

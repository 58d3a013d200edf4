-- old
create type mood as enum ('sad', 'ok', 'happy');
create table t (m mood default 'sad' not null, all_m mood[]);
create index i on t (m) where m <> 'sad';
create view v as select m from t where m = 'happy';
create function f(m mood) returns mood language sql as $$ select $1 $$;
-- rows
insert into t values ('happy', '{sad}');
-- new
create type mood as enum ('sad', 'happy');
create table t (m mood default 'sad' not null, all_m mood[]);
create index i on t (m) where m <> 'sad';
create view v as select m from t where m = 'happy';
create function f(m mood) returns mood language sql as $$ select $1 $$;

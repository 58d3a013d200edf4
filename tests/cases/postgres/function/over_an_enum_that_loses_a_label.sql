-- old
create type mood as enum ('sad', 'ok', 'happy');
create table t (id int primary key, m mood not null default 'ok');
create function f(mood) returns mood language sql immutable as 'select $1';
create function g(m mood default 'happy') returns text language plpgsql as 'begin return m; end';
create view v as select f(m) as m from t where m > 'sad';
create policy p on t using (m <> 'sad');
create function tf() returns trigger language plpgsql as 'begin return new; end';
create trigger tr before update on t for each row when (new.m = 'ok') execute function tf();
-- rows
insert into t values (1, 'happy');
-- new
create type mood as enum ('ok', 'happy');
create table t (id int primary key, m mood not null default 'ok');
create function f(mood) returns mood language sql immutable as 'select $1';
create function g(m mood default 'happy') returns text language plpgsql as 'begin return m; end';
create view v as select f(m) as m from t where m > 'ok';
create policy p on t using (m <> 'happy');
create function tf() returns trigger language plpgsql as 'begin return new; end';
create trigger tr before update on t for each row when (new.m = 'ok') execute function tf();

-- old
create extension citext;
create extension pg_trgm;
create table t (a int);
create function f() returns int language sql as 'select 1';
create function g() returns int language sql as 'select 1';
create function tf() returns trigger language plpgsql as 'begin return new; end';
create trigger tr before insert on t for each row execute function tf();
create materialized view m as select a from t;
alter function f() depends on extension citext;
alter function g() depends on extension citext;
alter function g() depends on extension pg_trgm;
-- new
create extension pg_trgm;
create table t (a int);
create function g() returns int language sql as 'select 1';
create function tf() returns trigger language plpgsql as 'begin return new; end';
create trigger tr before insert on t for each row execute function tf();
create materialized view m as select a from t;
alter function g() depends on extension pg_trgm;
alter trigger tr on t depends on extension pg_trgm;
alter materialized view m depends on extension pg_trgm;

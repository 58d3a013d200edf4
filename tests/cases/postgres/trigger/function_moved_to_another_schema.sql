-- old
create schema one;
create table t (a int);
create function one.f() returns trigger language plpgsql as 'begin return new; end';
create trigger x before insert on t for each row execute function one.f();
-- new
create schema two;
create table t (a int);
create function two.f() returns trigger language plpgsql as 'begin return new; end';
create trigger x before insert on t for each row execute function two.f();

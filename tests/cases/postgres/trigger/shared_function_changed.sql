-- old
create table t (a int);
create table u (a int);
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger x before insert on t for each row execute function f();
create trigger x before insert on u for each row execute function f();
-- new
create table t (a int);
create table u (a int);
create function f() returns trigger language plpgsql as 'begin return null; end';
create trigger x before insert on t for each row execute function f();
create trigger x after insert or delete on u for each statement execute function f();

-- old
create table p (a int, b int) partition by list (a);
create table p1 partition of p for values in (1);
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger own after insert on p1 for each row execute function f();
-- new
create table p (a int, b int) partition by list (a);
create table p1 partition of p for values in (1);
create table p2 partition of p for values in (2);
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger t after insert on p for each row execute function f();
create trigger own after insert on p1 for each row when (new.b > 1) execute function f();
comment on trigger t on p is 'on all';

-- old
create table p (a int, b int) partition by range (a);
create table p1 partition of p for values from (0) to (10);
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger t after insert on p for each row execute function f();
-- rows
insert into p values (1, 1);
-- new
create table p (a int, b int) partition by range (a);
create table p1 partition of p for values from (0) to (10);
create table p2 partition of p for values from (10) to (20);
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger t after insert or update on p for each row execute function f();
create view v as select a, b from p;
comment on trigger t on p is 'all';

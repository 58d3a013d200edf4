-- old
create foreign data wrapper w;
create server one foreign data wrapper w;
create server two foreign data wrapper w;
create function f() returns trigger language plpgsql as 'begin return new; end';
create foreign table ft (a int) server one;
create trigger x before insert on ft for each row execute function f();
create view v as select a from ft;
-- new
create foreign data wrapper w;
create server one foreign data wrapper w;
create server two foreign data wrapper w;
create function f() returns trigger language plpgsql as 'begin return new; end';
create foreign table ft (a int) server two;
create trigger x before insert on ft for each row execute function f();
create view v as select a from ft;

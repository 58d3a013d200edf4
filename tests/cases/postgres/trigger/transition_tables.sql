-- old
create table t (a int);
create function f() returns trigger language plpgsql as 'begin return null; end';
create trigger s after update on t referencing old table as o for each statement execute function f();
-- new
create table t (a int);
create function f() returns trigger language plpgsql as 'begin return null; end';
create trigger s after update on t referencing old table as o new table as n for each statement execute function f();
create trigger x after truncate on t execute function f();

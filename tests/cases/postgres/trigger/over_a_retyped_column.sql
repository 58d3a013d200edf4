-- old
create table t (a int, b int);
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger x before update of a on t for each row when (old.a is distinct from new.a) execute function f();
alter table t disable trigger x;
-- rows
insert into t values (1, 2);
-- new
create table t (a bigint, b int);
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger x before update of a on t for each row when (old.a is distinct from new.a) execute function f();
alter table t disable trigger x;

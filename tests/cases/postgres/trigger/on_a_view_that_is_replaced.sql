-- old
create table t (a int, b text);
create view v as select a, b from t;
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger x instead of insert or update on v for each row execute function f();
create trigger s after insert on v for each statement execute function f();
comment on trigger x on v is 'kept';
-- new
create table t (a int, b text);
create view v as select b from t;
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger x instead of insert or update on v for each row execute function f();
create trigger s after insert on v for each statement execute function f();
comment on trigger x on v is 'kept';

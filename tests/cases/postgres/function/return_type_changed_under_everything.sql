-- old
create function f(a int) returns int language sql immutable as 'select $1';
create table t (a int, d int default f(1), g int generated always as (f(a)) stored);
create view v as select f(a) as n from t;
create policy p on t using (f(a) > 1);
create rule r as on delete to t where f(old.a) > 1 do instead nothing;
create function trg() returns trigger language plpgsql as 'begin return new; end';
create trigger tr before update on t for each row when (f(new.a) > 1) execute function trg();
comment on trigger tr on t is 'kept';
revoke execute on function f(int) from public;
-- rows
insert into t (a) values (1);
-- new
create function f(a int) returns bigint language sql immutable as 'select $1::bigint';
create table t (a int, d int default f(1), g int generated always as (f(a)) stored);
create view v as select f(a) as n from t;
create policy p on t using (f(a) > 1);
create rule r as on delete to t where f(old.a) > 1 do instead nothing;
create function trg() returns trigger language plpgsql as 'begin return new; end';
create trigger tr before update on t for each row when (f(new.a) > 1) execute function trg();
comment on trigger tr on t is 'kept';
revoke execute on function f(int) from public;

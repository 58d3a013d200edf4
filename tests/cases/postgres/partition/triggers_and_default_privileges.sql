-- No trigger fires for a row that is copied, and each comes back as it was.
-- old
alter default privileges grant select on tables to reader;
alter default privileges grant usage on sequences to writer;
create function f() returns trigger language plpgsql as 'begin return new; end';
create table log (id bigint generated always as identity, what text);
create table t (id bigserial, v int);
create function logged() returns trigger language plpgsql as 'begin insert into log (what) values (tg_op); return null; end';
create trigger a after insert on t for each row execute function logged();
create trigger b after update on t referencing new table as n for each statement execute function logged();
create constraint trigger c after insert on t deferrable initially deferred for each row execute function logged();
create trigger d before update of v on t for each row when (old.v is distinct from new.v) execute function f();
alter table t disable trigger a;
alter table t enable always trigger d;
revoke select on t from reader;
-- rows
insert into t (v) values (1), (2);
-- same
select * from log
select * from t
-- new
alter default privileges grant select on tables to reader;
alter default privileges grant usage on sequences to writer;
create function f() returns trigger language plpgsql as 'begin return new; end';
create table log (id bigint generated always as identity, what text);
create table t (id bigserial, v int) partition by hash (id);
create table t_0 partition of t for values with (modulus 2, remainder 0);
create table t_1 partition of t for values with (modulus 2, remainder 1);
create function logged() returns trigger language plpgsql as 'begin insert into log (what) values (tg_op); return null; end';
create trigger a after insert on t for each row execute function logged();
create trigger b after update on t referencing new table as n for each statement execute function logged();
create constraint trigger c after insert on t deferrable initially deferred for each row execute function logged();
create trigger d before update of v on t for each row when (old.v is distinct from new.v) execute function f();
alter table t disable trigger a;
alter table t enable always trigger d;
revoke select on t from reader;

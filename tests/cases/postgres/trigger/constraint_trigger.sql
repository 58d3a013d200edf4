-- old
create table t (a int);
create function f() returns trigger language plpgsql as 'begin return null; end';
create constraint trigger c after insert on t deferrable initially deferred for each row execute function f();
comment on trigger c on t is 'kept';
-- rows
insert into t values (1);
-- new
create table t (a int);
create table u (a int);
create function f() returns trigger language plpgsql as 'begin return null; end';
create constraint trigger c after insert or update of a on t from u deferrable for each row when (new.a > 0) execute function f('x', 'it''s');
comment on trigger c on t is 'kept';

-- old
create table t (a int);
create table log (a int);
create view v as select a from t;
create rule r as on insert to t do also insert into log values (new.a);
create rule n as on update to v do instead nothing;
comment on rule r on t is 'kept';
-- rows
insert into t values (1);
-- new
create table t (a int);
create table log (a int);
create view v as select a from t;
create rule r as on insert to t where new.a > 1 do also (insert into log values (new.a); delete from log where a = new.a);
create rule n as on update to v do instead update t set a = new.a where a = old.a returning a;
comment on rule r on t is 'kept';
alter table t disable rule r;

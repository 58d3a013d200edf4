-- old
create table t (id integer);
-- rows
insert into t values (1);
-- new
create unlogged table t (id integer) with (fillfactor = 70, autovacuum_enabled = false);

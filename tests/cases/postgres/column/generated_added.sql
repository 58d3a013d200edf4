-- old
create table t (a integer, b integer);
-- rows
insert into t values (1, 2);
-- new
create table t (a integer, b integer, total integer generated always as (a + b) stored);

-- old
create table t (a integer, b integer generated always as (a * 2) stored);
-- rows
insert into t values (1);
-- new
create table t (a integer, b integer);

-- old
create table t (a integer, double_a bigint generated always as (a * 2) stored);
-- rows
insert into t values (1);
-- new
create table t (a bigint, double_a bigint generated always as (a * 2) stored);

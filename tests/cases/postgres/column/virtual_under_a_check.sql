-- A virtual column that a check reads keeps its expression until it is made anew.
-- needs 18
-- old
create table t (a int, doubled int generated always as (a * 2) virtual check (doubled > 0));
-- rows
insert into t values (1), (2);
-- new
create table t (a bigint, doubled bigint generated always as (a * 3) virtual check (doubled > 0) not null);

-- old
create table t (id integer);
-- rows
insert into t values (1);
-- new
create type float_range as range (subtype = float8, subtype_diff = float8mi);
create table t (id integer, r float_range);

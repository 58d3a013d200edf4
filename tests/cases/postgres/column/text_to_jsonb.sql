-- old
create table t (d text);
-- rows
insert into t values ('{"a": 1}');
-- new
create table t (d jsonb);

-- The default steps aside while its column's type changes.
-- old
create table t (n text default '1');
-- rows
insert into t values ('7');
-- new
create table t (n integer default 1);

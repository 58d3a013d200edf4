-- An index in another case is made anew.
-- old
create table t (a int); create index IX_a on t (a);
-- rows
insert into t values (1);
-- new
create table t (a int); create index ix_a on t (a);

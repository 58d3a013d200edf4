-- old
create table t (a text, b text);
-- rows
insert into t values ('x', 'y');
-- new
create table t (a text collate "C", b text);
alter table t alter b set storage external;
alter table t alter a set statistics 500;

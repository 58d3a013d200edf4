-- old
create table t (s varchar(10) check (s in ('a', 'b')));
-- rows
insert into t values ('a');
-- new
create table t (s text check (s in ('a', 'b')));

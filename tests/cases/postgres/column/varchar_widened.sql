-- old
create table t (s varchar(50) not null);
create index i on t (s);
-- rows
insert into t values ('a');
-- new
create table t (s varchar(80) not null);
create index i on t (s);

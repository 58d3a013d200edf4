-- old
create type span as range (subtype = float8);
create table t (id int primary key, s span not null default '[0,1)', exclude using gist (s with &&));
create index on t using gist (s);
-- rows
insert into t values (1, '[1,2]'), (2, '[3,4]');
-- new
create type span as range (subtype = numeric);
create table t (id int primary key, s span not null default '[0,2)', exclude using gist (s with &&));
create index on t using gist (s);

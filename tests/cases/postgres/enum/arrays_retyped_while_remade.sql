-- old
create type mood as enum ('sad', 'ok', 'happy');
create table t (id int primary key, a mood[] not null default '{ok}', b mood, c text[]);
create index on t using gin (a);
-- rows
insert into t values (1, '{sad,ok}', 'ok', '{ok}');
-- new
create type mood as enum ('happy', 'ok', 'sad');
create table t (id int primary key, a text[] not null default '{ok}', b mood[], c mood[]);
create index on t using gin (a);

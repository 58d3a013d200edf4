-- old
create type mood as enum ('sad', 'ok', 'happy');
create domain good as mood default 'ok' check (value <> 'sad');
create domain moods as mood[] check (cardinality(value) > 0);
create table t (id int primary key, g good, m moods, plain mood[] default '{sad}');
-- rows
insert into t values (1, 'ok', '{ok,sad}'), (2, 'happy', null);
-- new
create type mood as enum ('happy', 'ok', 'sad');
create domain good as mood not null default 'happy' constraint not_sad check (value <> 'sad' and value is not null);
create domain moods as mood[] check (cardinality(value) > 1);
create table t (id int primary key, g good, m moods, plain mood[] default '{ok}');

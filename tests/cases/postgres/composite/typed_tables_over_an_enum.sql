-- A column of a typed table is given another type while the table is a plain one.
-- old
create type mood as enum ('ok', 'sad');
create type entry as (id integer, m mood, ms mood[]);
create table t of entry (primary key (id));
create table u of entry;
create index on u (m);
-- rows
insert into t values (1, 'ok', '{sad}');
-- new
create type mood as enum ('new', 'sad', 'ok');
create type entry as (id integer, m mood, ms mood[], n integer, label text);
create table t of entry (primary key (id), n with options default 3);
create table u of entry (m with options not null, label with options not null);
create index on u (m);

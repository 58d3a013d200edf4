-- old
create type mood as enum ('sad', 'ok', 'happy');
create domain good as mood check (value <> 'sad') constraint known check (value in ('ok', 'happy', 'sad'));
create domain best as good default 'happy' check (value::mood = 'happy');
create type day as (morning good, evening mood);
create table t (id int primary key, g good[] check (cardinality(g) > 0), b best, d day, days day[]);
-- rows
insert into t values (1, '{ok,NULL}', 'happy', '(happy,ok)', '{"(ok,ok)"}'), (2, null, null, null, '{NULL}');
-- new
create type mood as enum ('happy', 'ok');
create domain good as mood constraint known check (value in ('ok', 'happy'));
create domain best as good default 'happy' check (value::mood = 'happy') check (value is not null or true);
create type day as (morning good, evening mood);
create table t (id int primary key, g good[] check (cardinality(g) > 0), b best, d day, days day[]);

-- old
create type mood as enum ('sad', 'ok', 'happy');
create type moods as range (subtype = mood, multirange_type_name = many_moods);
create table t (id int primary key, r moods, m many_moods);
-- rows
insert into t values (1, '[ok,ok]', '{[ok,ok]}');
-- new
create type mood as enum ('happy', 'ok', 'sad');
create type moods as range (subtype = mood, multirange_type_name = all_moods);
create table t (id int primary key, r moods, m all_moods);

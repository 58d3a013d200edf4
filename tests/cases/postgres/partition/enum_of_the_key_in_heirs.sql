-- Tables that inherit are made anew with the enum too, each with its own rows.
-- old
create type mood as enum ('a', 'b');
create table base (m mood default 'a', id int);
create table heir (more int) inherits (base);
create table t (m mood, id int) partition by list (m);
create table t_rest partition of t default;
create index base_m on base (m) where m = 'a';
create table gen (m mood, s text generated always as (case m when 'a' then 'x' else 'y' end) stored);
create function is_a(mood) returns bool immutable language sql as 'select $1 = ''a''';
alter table gen add check (is_a(m));
create cast (text as mood) with inout;
-- rows
insert into base values ('a', 1); insert into heir values ('b', 2, 3); insert into t values ('b', 1); insert into gen values ('a');
-- same
select m, id from only base
select * from heir
select * from t
select * from gen
-- new
create type mood as enum ('b', 'a');
create table base (m mood default 'a', id int);
create table heir (more int) inherits (base);
create table t (m mood, id int) partition by list (m);
create table t_rest partition of t default;
create index base_m on base (m) where m = 'a';
create table gen (m mood, s text generated always as (case m when 'a' then 'x' else 'y' end) stored);
create function is_a(mood) returns bool immutable language sql as 'select $1 = ''a''';
alter table gen add check (is_a(m));
create cast (text as mood) with inout;

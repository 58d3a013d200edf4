-- old
create collation c (locale = 'C');
create domain d as text collate c check (value > 'a');
create type pair as (one text collate c);
create table t (id int primary key, a text collate c not null default 'x' check (a > 'b'), b varchar(10) collate c unique, e d, f text, p pair, g text collate c generated always as (f || 'x') stored);
create index i on t (a, f collate c);
create view v as select a, b, f collate c as f from t where a < 'z';
create table part (a text) partition by list (a);
-- rows
insert into t values (1, 'q', 'r', 's', 't', row('u'));
-- new
create collation c (locale = 'POSIX');
create domain d as text collate c check (value > 'a');
create type pair as (one text collate c);
create table t (id int primary key, a text collate c not null default 'x' check (a > 'b'), b varchar(10) collate c unique, e d, f text, p pair, g text collate c generated always as (f || 'x') stored);
create index i on t (a, f collate c);
create view v as select a, b, f collate c as f from t where a < 'z';
create table part (a text) partition by list (a);

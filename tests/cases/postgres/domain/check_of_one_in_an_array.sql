-- ALTER DOMAIN checks no value in an array or a composite, and refuses; so the domain is made anew.
-- old
create domain positive as integer;
create domain named as text constraint short check (length(value) < 100);
comment on constraint short on domain named is 'kept';
create domain filled as text;
create domain relaxed as integer check (value > 0) check (value < 10);
create function even(integer) returns boolean language sql immutable as 'select $1 % 2 = 0';
create domain halved as integer check (even(value));
create type pair as (one positive, other named);
create table t (id int primary key, a positive[], n named[] default '{x}', p pair, f filled[], r relaxed[], h halved[]);
-- rows
insert into t values (1, '{1,2}', '{a}', '(3,b)', '{c}', '{4}', '{2}'), (2, null, null, null, null, null, null);
-- new
create domain positive as integer check (value > 0);
comment on constraint positive_check on domain positive is 'new';
create domain named as text constraint short check (length(value) < 50) constraint any_text check (value <> '');
comment on constraint short on domain named is 'kept';
create domain filled as text not null default 'y';
create domain relaxed as integer check (value > 0);
create function whole(integer) returns boolean language sql immutable as 'select $1 = 2';
create domain halved as integer check (whole(value));
create type pair as (one positive, other named);
create table t (id int primary key, a positive[], n named[] default '{x}', p pair, f filled[], r relaxed[], h halved[]);

-- A plain table becomes partitioned, with all that hangs on it: it is made anew and its rows are copied.
-- old
create table place (id int primary key);
create function touch() returns trigger language plpgsql as 'begin new.note := coalesce(new.note, '''') || ''!''; return new; end';
create table t (
    id bigint generated always as identity (start with 5),
    at date not null default '2020-01-01',
    n int check (n > 0),
    note text,
    twice int generated always as (n * 2) stored,
    place_id int references place,
    constraint t_pkey primary key (id, at)
);
create index t_note on t (note);
create trigger touched before insert on t for each row execute function touch();
alter table t enable row level security;
alter table t force row level security;
create policy few on t using (n > 1);
comment on table t is 'about t';
comment on column t.n is 'about n';
grant select on t to public;
grant update (note) on t to public;
create table child (t_id bigint, t_at date, constraint to_t foreign key (t_id, t_at) references t);
create view seen as select id, note from t where n > 1;
create statistics st on n, place_id from t;
-- rows
insert into place values (1);
insert into t (at, n, note, place_id) values ('2020-05-05', 1, 'a', 1), ('2021-05-05', 2, 'b', null), ('1999-01-01', 3, 'c', 1);
insert into child values (5, '2020-05-05');
-- same
select id, at, n, note, twice, place_id from t order by id
select last_value, is_called from t_id_seq
-- new
create table place (id int primary key);
create function touch() returns trigger language plpgsql as 'begin new.note := coalesce(new.note, '''') || ''!''; return new; end';
create table t (
    id bigint generated always as identity (start with 5),
    at date not null default '2020-01-01',
    n int check (n > 0),
    note text,
    twice int generated always as (n * 2) stored,
    place_id int references place,
    constraint t_pkey primary key (id, at)
) partition by range (at);
create table t_2020 partition of t for values from ('2020-01-01') to ('2021-01-01');
create table t_2021 partition of t for values from ('2021-01-01') to ('2022-01-01');
create table t_rest partition of t default;
create index t_note on t (note);
create trigger touched before insert on t for each row execute function touch();
alter table t enable row level security;
alter table t force row level security;
create policy few on t using (n > 1);
comment on table t is 'about t';
comment on column t.n is 'about n';
grant select on t to public;
grant update (note) on t to public;
create table child (t_id bigint, t_at date, constraint to_t foreign key (t_id, t_at) references t);
create view seen as select id, note from t where n > 1;
create statistics st on n, place_id from t;
-- plan
replace table public.t: partition_by none → RANGE (at)
create table public.t_2020
create table public.t_2021
create table public.t_rest

-- needs 15
-- old
create table t (s varchar(10), c char(3));
-- new
create table t (s varchar(10), c char(3));
create view v as select s from t where s in ('a', 'b') and c not in ('x', 'y') and s = any (array['q', 'r']) and s like any (array['a%', 'b%']);
create view w as select case when s in ('a', 'b') then 1 end as n, -1 as m, interval '1 day' as i, 1.5::float8 as f, '2020-01-01 00:00Z'::timestamptz as z from t;
create materialized view m as select s from t where s in ('a', 'b');
create rule r as on insert to t where new.s in ('a', 'b') do instead nothing;
create policy p on t using (s in ('a', 'b'));
create function f() returns bigint language sql begin atomic select count(*) from t where s in ('a', 'b'); end;
create function g(x varchar default 'a') returns int language sql as 'select 1';
create function h() returns trigger language plpgsql as 'begin return new; end';
create trigger tr before update on t for each row when (new.s in ('a', 'b')) execute function h();
create statistics st on (s || 'a'), (upper(s)) from t;

-- old
create table t (n int, s text);
create view v as select n, s from t;
create view w as select n + 1 as m from v;
create materialized view x as select m from w;
create unique index on x (m);
comment on materialized view x is 'kept';
create function vt() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger ins instead of insert on v for each row execute function vt();
create rule del as on delete to w do instead nothing;
alter view v alter column s set default 'x';
-- rows
insert into t values (1, 'a');
-- new
create table t (n bigint, s text);
create view v as select n, s from t;
create view w as select n + 1 as m from v;
create materialized view x as select m from w;
create unique index on x (m);
comment on materialized view x is 'kept';
create function vt() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger ins instead of insert on v for each row execute function vt();
create rule del as on delete to w do instead nothing;
alter view v alter column s set default 'x';

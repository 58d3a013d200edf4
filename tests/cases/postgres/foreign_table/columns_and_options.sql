-- old
create foreign data wrapper w;
create server s foreign data wrapper w;
create foreign table ft (a int, b text options (name 'bb') not null, gone int) server s options (t 'x', u 'y');
create view v as select a, b from ft;
comment on foreign table ft is 'kept';
comment on column ft.a is 'kept too';
grant select (a) on ft to pg_monitor;
-- new
create foreign data wrapper w;
create server s foreign data wrapper w;
create foreign table ft (a bigint default 4, b text options (name 'b2', x 'z') collate "C", c int options (k 'it''s') check (c > 1), d int generated always as (c * 2) stored) server s options (t 'z');
alter foreign table ft alter column a set statistics 300;
create view v as select a, b from ft;
comment on foreign table ft is 'kept';
comment on column ft.a is 'kept too';
comment on constraint ft_c_check on ft is 'check';
grant select (a) on ft to pg_monitor;
grant insert on ft to pg_monitor;

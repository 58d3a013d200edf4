-- old
create function n() returns integer language sql as $$ select 1 $$;
create table t (id integer default n());
-- rows
insert into t values (3);
-- new
create function n() returns bigint language sql as $$ select 1::bigint $$;
create table t (id integer default n());

-- old
create table t (id integer, code text);
-- rows
insert into t values (1, 'x');
-- new
create function new_code() returns text language sql as $$ select 'c' $$;
create table t (id integer, code text default new_code());

-- old
create foreign data wrapper w options (a '1', b '2');
comment on foreign data wrapper w is 'kept';
create server s type 'x' version '1' foreign data wrapper w options (host 'h', port '1');
create user mapping for public server s options (u 'x', p 'y');
comment on server s is 'kept';
grant usage on foreign server s to pg_monitor;
-- new
create foreign data wrapper x validator postgresql_fdw_validator;
create foreign data wrapper w options (a '3', c 'it''s');
comment on foreign data wrapper w is 'kept';
create server s type 'x' version '2' foreign data wrapper w options (host 'g', dbname 'd=e');
create user mapping for public server s options ("user" 'z', realm 'y');
create user mapping for current_user server s;
comment on server s is 'kept';
grant usage on foreign server s to pg_monitor;
grant usage on foreign data wrapper w to pg_monitor with grant option;

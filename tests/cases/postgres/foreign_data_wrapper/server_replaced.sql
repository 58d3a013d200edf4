-- old
create foreign data wrapper w;
create server s type 'x' foreign data wrapper w;
create user mapping for public server s;
-- new
create foreign data wrapper w;
create server s type 'y' foreign data wrapper w;
create user mapping for public server s;

-- old
create schema ext;
create extension citext version '1.4';
create extension pg_trgm;
-- new
create schema ext;
create extension citext schema ext version '1.6';
create extension pg_trgm;
comment on extension pg_trgm is null;

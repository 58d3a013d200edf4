-- unseen
-- old
create type version as (major integer, minor integer);
create type versions as range (subtype = version);
create table t (v versions);
-- new
create type version as (minor integer, major integer);
create type versions as range (subtype = version);
create table t (v versions);
-- refused
the bounds of range public.versions would be converted by way of text

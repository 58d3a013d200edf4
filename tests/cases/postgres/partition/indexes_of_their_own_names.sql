-- Indexes and keys of partitions have names and options that no CREATE INDEX on the parent gives them.
-- old
create schema gps;
create table stage_events_with_a_rather_long_name_that_is_cut_off (hash_id bigint not null, group_id bigint not null, v tsvector, primary key (hash_id)) partition by hash (hash_id);
create table gps.stage_events_with_a_rather_long_name_that_is_cut_off_00 partition of stage_events_with_a_rather_long_name_that_is_cut_off for values with (modulus 2, remainder 0);
create table gps.stage_events_with_a_rather_long_name_that_is_cut_off_01 partition of stage_events_with_a_rather_long_name_that_is_cut_off for values with (modulus 2, remainder 1) partition by hash (hash_id);
create table gps.deep partition of gps.stage_events_with_a_rather_long_name_that_is_cut_off_01 for values with (modulus 1, remainder 0);
create index idx on stage_events_with_a_rather_long_name_that_is_cut_off (hash_id, group_id);
create index idv on only stage_events_with_a_rather_long_name_that_is_cut_off using gin (v);
create index idv0 on gps.stage_events_with_a_rather_long_name_that_is_cut_off_00 using gin (v) with (fastupdate = off);
alter index idv attach partition gps.idv0;
create index idv1 on only gps.stage_events_with_a_rather_long_name_that_is_cut_off_01 using gin (v);
create index deep_v_idx on gps.deep using gin (v) with (fastupdate = off);
alter index gps.idv1 attach partition gps.deep_v_idx;
alter index idv attach partition gps.idv1;
-- rows
insert into stage_events_with_a_rather_long_name_that_is_cut_off select n, n from generate_series(1, 20) n;
-- new
create schema gps;
create table stage_events_with_a_rather_long_name_that_is_cut_off (hash_id bigint not null, group_id bigint not null, v tsvector, constraint mine primary key (hash_id)) partition by hash (hash_id);
create table gps.stage_events_with_a_rather_long_name_that_is_cut_off_00 (hash_id bigint not null, group_id bigint not null, v tsvector, constraint mine primary key (hash_id));
create table gps.stage_events_with_a_rather_long_name_that_is_cut_off_01 (hash_id bigint not null, group_id bigint not null, v tsvector, constraint mine1 primary key (hash_id)) partition by hash (hash_id);
alter table stage_events_with_a_rather_long_name_that_is_cut_off attach partition gps.stage_events_with_a_rather_long_name_that_is_cut_off_00 for values with (modulus 2, remainder 0);
alter table stage_events_with_a_rather_long_name_that_is_cut_off attach partition gps.stage_events_with_a_rather_long_name_that_is_cut_off_01 for values with (modulus 2, remainder 1);
create table gps.deep partition of gps.stage_events_with_a_rather_long_name_that_is_cut_off_01 for values with (modulus 1, remainder 0);

-- Sequences and identities take the names of each other.
-- old
create schema "My";
create table "My"."T x" ("Id" serial primary key, b bigint generated always as identity, n text default 'x', g int, "long_name_that_is_cut_by_the_server_when_it_gets_far_too_long_ab" int);
-- rows
insert into "My"."T x" (n, g) values ('a', 1), ('b', 2);
-- same
select "Id", b, n from "My"."T x" order by 1
-- new
create schema "My";
create table "My"."T x" ("Id" int generated always as identity primary key, b bigserial, n varchar(20) default 'y', "long_name_that_is_cut_by_the_server_when_it_gets_far_too_long_ab" bigint, g numeric) partition by range ("Id");
create table "T x rest" partition of "My"."T x" default;

-- old
create schema "Odd Schema";
create table "Odd Schema"."T ""q""" ("A b" int);
-- new
create schema "Odd Schema";
create table "Odd Schema"."T ""q""" ("A b" int);
create view "Odd Schema"."select" as select "A b" as "C.d" from "Odd Schema"."T ""q""";
comment on column "Odd Schema"."select"."C.d" is 'it''s \ odd';
grant select ("C.d") on "Odd Schema"."select" to public;

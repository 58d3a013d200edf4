-- old
create table "Odd Table" ("Id" integer);
-- rows
insert into "Odd Table" values (1);
-- new
create table "Odd Table" ("Id" integer, "select" text, constraint "a ""b""" check ("Id" > 0), constraint "Key!" primary key ("Id"));

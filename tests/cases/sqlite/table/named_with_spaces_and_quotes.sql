-- Hostile names all over.
-- old
create table "a ""b"" ; -- c" ("x y" int, "é" text); create index "i '1'" on "a ""b"" ; -- c" ("x y"); create view "v;" as select "é" from "a ""b"" ; -- c";
-- rows
insert into "a ""b"" ; -- c" values (1, 'x');
-- new
create table "a ""b"" ; -- c" ("x y" text, "é" text); create index "i '1'" on "a ""b"" ; -- c" ("x y" desc); create view "v;" as select "é" from "a ""b"" ; -- c";

-- Names that must be quoted.
-- old
create table "order" ("select" int, [from] text, `a b` int, "x""y" int);
-- rows
insert into "order" values (1, 'a', 2, 3);
-- new
create table "order" ("select" bigint, [from] text, `a b` int, "x""y" int, "check" int default 1);

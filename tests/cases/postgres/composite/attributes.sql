-- old
create type point2 as (x integer, y integer);
create type gone as (a text);
-- new
create type point2 as (x bigint, y integer, label text);
create type fresh as (p point2, tags text[]);

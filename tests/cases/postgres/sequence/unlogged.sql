-- needs 15
-- old
create sequence s;
create unlogged sequence u;
create unlogged table t (id serial primary key, i int generated always as identity);
create table l (id serial primary key);
-- new
create unlogged sequence s;
create sequence u;
create table t (id serial primary key, i int generated always as identity);
create unlogged table l (id serial primary key);

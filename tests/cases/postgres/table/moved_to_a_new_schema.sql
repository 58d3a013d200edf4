-- old
create table plain (id integer);
-- new
create schema app;
create table app.plain (id integer primary key, n numeric(10, 2) check (n > 0));
create index on app.plain (n);

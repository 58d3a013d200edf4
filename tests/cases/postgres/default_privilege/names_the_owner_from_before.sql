-- What comes under default privileges that are in force and name the owner.
-- old
alter default privileges in schema public grant all on tables to postgres, reader, writer;
alter default privileges in schema public grant all on sequences to postgres, reader, writer;
alter default privileges in schema public grant all on functions to postgres, reader, writer;
alter default privileges in schema public grant all on types to postgres;
create table keep (a int);
create type gone as enum ('a');
-- new
alter default privileges in schema public grant all on tables to postgres, reader, writer;
alter default privileges in schema public grant all on sequences to postgres, reader, writer;
alter default privileges in schema public grant all on functions to postgres, reader, writer;
alter default privileges in schema public grant all on types to postgres;
create table keep (a int);
create table t (id serial primary key);
create view v as select id from t;
create sequence s;
create type e as enum ('a');
create domain d as int;
create function f() returns int language sql as 'select 1';
create table closed (a int);
revoke all on closed from reader;
revoke insert on closed from postgres;

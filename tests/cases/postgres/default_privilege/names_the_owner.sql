-- A grant to the owner in default privileges gives a new object nothing that its owner has not anyway.
-- old
create schema app;
create table keep (a int);
-- new
create schema app;
create table keep (a int);
alter default privileges in schema app grant all on tables to postgres, reader, writer;
alter default privileges in schema app grant all on sequences to postgres, reader, writer;
alter default privileges in schema app grant all on functions to postgres, reader, writer;
alter default privileges in schema app grant all on types to postgres, reader;
alter default privileges grant all on tables to postgres;
create table app.t (id serial primary key, n int generated always as identity);
create view app.v as select id from app.t;
create materialized view app.m as select id from app.t;
create sequence app.s;
create type app.e as enum ('a');
create type app.c as (a int);
create domain app.d as int;
create function app.f() returns int language sql as 'select 1';
create procedure app.p() language sql as 'select 1';
create table other (a int);

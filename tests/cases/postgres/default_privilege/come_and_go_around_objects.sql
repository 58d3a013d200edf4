-- old
alter default privileges in schema public grant all on tables to postgres, reader;
alter default privileges revoke execute on functions from public;
alter default privileges in schema public grant execute on functions to writer;
create table a (a int);
create function fa() returns int language sql as 'select 1';
-- new
create table c (a int);
create function fc() returns int language sql as 'select 1';
alter default privileges in schema public grant select on tables to postgres, writer;
alter default privileges revoke usage on types from public, postgres;
create table a (a int);
create table b (a int);
create type e as enum ('a');
create domain d as int;
create function fa() returns int language sql as 'select 1';
alter default privileges revoke execute on functions from public;
create function fb() returns int language sql as 'select 1';

-- PostgreSQL has no way to lead the values of a composite over by itself.
-- old
create type mood as enum ('a', 'b');
create type pair as (m mood, n int);
create table t (m mood) partition by list (m);
create table held (p pair);
-- new
create type mood as enum ('b', 'a');
create type pair as (m mood, n int);
create table t (m mood) partition by list (m);
create table held (p pair);
-- refused
pair

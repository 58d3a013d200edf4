-- What is made again while default privileges are in force.
-- old
alter default privileges in schema public grant all on tables to postgres, reader;
alter default privileges in schema public grant all on sequences to postgres, reader;
alter default privileges in schema public grant all on functions to postgres, reader;
alter default privileges in schema public grant all on types to reader;
alter default privileges revoke usage on types from public;
create type e as enum ('a', 'b');
revoke all on type e from reader;
create domain d as varchar(10);
create table t (id int primary key, e e, d d, n int);
create function f(a int) returns int language sql as 'select 1';
create view v as select id, e from t;
create materialized view m as select id from t;
revoke all on m from reader;
create table p (id int, b int);
-- rows
insert into t values (1, 'a', 'x', 1);
-- same
select id, e, d from t
-- new
alter default privileges in schema public grant all on tables to postgres, reader;
alter default privileges in schema public grant all on sequences to postgres, reader;
alter default privileges in schema public grant all on functions to postgres, reader;
alter default privileges in schema public grant all on types to reader;
alter default privileges revoke usage on types from public;
create type e as enum ('a');
revoke all on type e from reader;
create domain d as varchar(12);
create table t (id int primary key, e e, d d, n int generated always as identity);
create function f(a int) returns bigint language sql as 'select 1::bigint';
create view v as select e, id from t;
create materialized view m as select id, e from t;
revoke all on m from reader;
create table p (id int, b int) partition by range (id);
create table p1 partition of p for values from (0) to (10);
revoke all on p1 from reader;

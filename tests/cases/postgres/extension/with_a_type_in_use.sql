-- old
create table t (a text);
-- rows
insert into t values ('x');
-- new
create schema ext;
create extension citext with schema ext;
create table t (a text, b ext.citext default 'x');
create view v as select lower(b) as b from t;
create function f(ext.citext) returns ext.citext language sql as 'select $1';
comment on extension citext is 'ours';

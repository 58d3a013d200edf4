-- old
create type e as enum ('1', '2');
create table t (u uuid, d date, n int);
-- new
create type e as enum ('1', '2');
create table t (u int[], d date[], n e[]);

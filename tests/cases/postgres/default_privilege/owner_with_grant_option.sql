-- old
alter default privileges in schema public grant select on tables to postgres with grant option;
create table keep (a int);
-- new
alter default privileges in schema public grant select on tables to postgres with grant option;
create table keep (a int);
create table t (a int);
alter default privileges in schema public grant insert on tables to reader with grant option;
create table u (a int);
create table v (a int);
revoke grant option for insert on v from reader;
revoke grant option for select on v from postgres;

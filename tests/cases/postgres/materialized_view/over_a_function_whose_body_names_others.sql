-- Filling it runs the function, so what its body names must be there; from PostgreSQL 17 on only by its whole name.
-- old
create table base (a int);
-- rows
insert into base values (1);
-- new
create table base (a int);
create table zz (a int);
create function z_inner() returns bigint language sql stable as 'select count(*) from public.zz';
create function a_outer() returns bigint language sql stable as 'select public.z_inner()';
create materialized view m as select a_outer() as n from base;

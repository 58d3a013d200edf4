-- Filling it runs the function, so what its body names must be there.
-- old
create table base (a int);
-- rows
insert into base values (1);
-- new
create table base (a int);
create table zz (a int);
create function z_inner() returns bigint language sql stable as 'select count(*) from zz';
create function a_outer() returns bigint language sql stable as 'select z_inner()';
create materialized view m as select a_outer() as n from base;

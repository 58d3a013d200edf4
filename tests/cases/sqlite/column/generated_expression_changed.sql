-- A generated column holds nothing that could be lost.
-- old
create table t (a int, b int generated always as (a + 1) stored, c text as ('x' || a) virtual);
-- rows
insert into t (a) values (1), (2);
-- new
create table t (a int, b int generated always as (a + 2) stored, c text as ('y' || a) stored);

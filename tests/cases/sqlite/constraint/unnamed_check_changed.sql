-- Checks without a name are told apart by what they demand.
-- old
create table t (a int check (a > 0), b int, check (b in (1, 2)));
-- rows
insert into t values (1, 2);
-- new
create table t (a int check (a >= 0), b int, check (b in (1, 2, 3)));

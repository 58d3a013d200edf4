-- The name of a constraint is part of it.
-- old
create table t (a int constraint k1 check (a > 0), b int constraint u1 unique);
-- rows
insert into t values (1, 2);
-- new
create table t (a int constraint k2 check (a > 0), b int constraint u2 unique);

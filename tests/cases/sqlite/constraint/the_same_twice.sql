-- Two checks that say the same are two.
-- old
create table t (a int check (a > 0), check (a > 0));
-- rows
insert into t values (1);
-- new
create table t (a int check (a > 0), check (a > 0), check (a > 0));

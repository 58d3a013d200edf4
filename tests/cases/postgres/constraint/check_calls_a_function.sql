-- old
create table t (n integer);
-- rows
insert into t values (2);
-- new
create function even(n integer) returns boolean language sql immutable as $$ select n % 2 = 0 $$;
create table t (n integer check (even(n)));

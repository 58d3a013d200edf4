-- old
create table t (n integer);
-- rows
insert into t values (1);
-- new
create function fine(t text) returns boolean language sql immutable as $$ select length(t) > 1 $$;
create domain name as text check (fine(value));
create table t (n integer, who name);

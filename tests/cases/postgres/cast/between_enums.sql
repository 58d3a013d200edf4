-- old
create type a as enum ('x');
create type b as enum ('x');
-- new
create type a as enum ('x', 'y');
create type b as enum ('x');
create function a_to_b(a) returns b language sql immutable as $$ select 'x'::b $$;
create cast (a as b) with function a_to_b(a) as implicit;
create table t (v b default 'x'::a::b);

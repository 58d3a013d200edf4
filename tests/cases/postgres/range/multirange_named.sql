-- old
create table t (n int);
-- new
create type r as range (subtype = float8, multirange_type_name = many_r);
create type textrange as range (subtype = text, collation = "C");
create table t (n int, a many_r, b textmultirange, c r);
create function f(many_r) returns boolean language sql immutable as 'select isempty($1)';

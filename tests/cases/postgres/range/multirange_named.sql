-- old
create type r as range (subtype = float8, multirange_type_name = many_r);
create type s as range (subtype = text);
create table t (a many_r, b s_multirange, c r);
create function f(many_r) returns boolean language sql immutable as 'select isempty($1)';
-- new
create type r as range (subtype = float8, subtype_diff = float8mi, multirange_type_name = many_rs);
create type textrange as range (subtype = text, collation = "C");
create table t (a many_rs, b textmultirange, c r);
create function f(many_rs) returns boolean language sql immutable as 'select isempty($1)';

-- A canonical function takes and gives the range, which is there as a shell before it.
-- old
create table t (id int primary key);
-- new
create type floors;
create function canonical_floors(floors) returns floors language internal immutable strict as 'int4range_canonical';
create type floors as range (subtype = int4, canonical = canonical_floors);
create table t (id int primary key, f floors);

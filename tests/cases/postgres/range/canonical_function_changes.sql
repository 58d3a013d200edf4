-- old
create type days;
create function whole(days) returns days language internal immutable strict as 'int4range_canonical';
create type days as range (subtype = integer, canonical = whole);
create table t (id int primary key, d days, m days_multirange);
create type weeks;
create function full_weeks(weeks) returns weeks language internal immutable strict as 'int4range_canonical';
create type weeks as range (subtype = integer, canonical = full_weeks);
create table u (id int primary key, w weeks, ws weeks[]);
-- rows
insert into t values (1, '[1,3]', '{[5,6]}');
insert into u values (1, '[1,3]', '{"[5,6]"}');
-- new
create type days;
create function whole(days) returns days language internal immutable strict parallel safe as 'int4range_canonical';
create type days as range (subtype = integer, canonical = whole);
create table t (id int primary key, d days, m days_multirange);
create type weeks;
create function full_weeks(weeks) returns weeks language internal immutable strict as 'int4range_canonical';
create type weeks as range (subtype = integer, canonical = full_weeks, subtype_diff = int4range_subdiff);
create table u (id int primary key, w weeks, ws weeks[]);

-- old
create table t (a int, b int4range);
-- new
create function same(a int, b int) returns boolean language sql immutable as 'select $1 = $2';
create operator === (function = same, leftarg = int, rightarg = int, commutator = ===);
create operator family fam using btree;
create operator class mine for type int using btree family fam as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 btint4cmp(int, int);
create table t (a int, b int4range, exclude using gist (b with &&));
create index i on t (a mine);

-- old
create table t (a int, "B c" text);
create view v as select a from t;
create function f(a int, out b int) language sql as 'select 1';
create type k as (x int, y text);
create sequence s;
comment on table t is 'old';
comment on column t.a is 'old';
-- new
create table t (a int, "B c" text);
create view v as select a from t;
create function f(a int, out b int) language sql as 'select 1';
create type k as (x int, y text);
create sequence s;
comment on table t is E'new\nline \\ and ''quote''';
comment on column t."B c" is 'b';
comment on column v.a is 'view column';
comment on function f is 'f';
comment on type k is 'k';
comment on column k.x is 'attribute';
comment on sequence s is 's';

-- old
create table t (a text);
create table p (a text) partition by list (a);
create table p1 partition of p for values in ('x');
-- rows
insert into t values ('x');
-- new
create table t (a text, b text compression pglz not null default 'y', c varchar(10)[] compression pglz);
create table p (a text, b text compression pglz) partition by list (a);
create table p1 partition of p for values in ('x');
create table like_it (like t including compression including defaults);

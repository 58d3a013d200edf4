-- Case matters in strings, single or double quotes.
-- old
create table t (s text check (s in ('Active', 'x')), d text check (d <> "Nope"));
-- rows
insert into t values ('x', 'y');
-- new
create table t (s text check (s in ('active', 'x')), d text check (d <> "Nope"));

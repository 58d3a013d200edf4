-- WITHOUT ROWID comes and goes.
-- old
create table t (k text primary key, v text); create table u (k text primary key, v text) without rowid, strict;
-- rows
insert into t values ('a', 'b'); insert into u values ('a', 'b');
-- new
create table t (k text not null primary key, v text) without rowid; create table u (k text primary key, v text) strict;

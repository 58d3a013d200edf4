-- Conflict clauses and names of NOT NULL are kept.
-- old
create table t (id integer primary key, a int not null on conflict ignore, b int constraint nn not null);
-- rows
insert into t values (1, 2, 3);
-- new
create table t (id integer primary key, a int not null on conflict replace default 3, b int);

-- A NOT NULL that holds for new rows alone is no part of a column's own clause.
-- needs 18
-- old
create table t (a int, b int not null, c int constraint c_there not null);
-- new
create table t (a int, b int, c int);
alter table t add constraint a_there not null a not valid;
alter table t add constraint b_there not null b not valid;
alter table t add constraint c_there not null c not valid;
create table u (a int);
alter table u add constraint a_there not null a not valid;

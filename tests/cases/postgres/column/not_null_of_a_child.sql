-- A child's own NOT NULL has a name where its parent's column may be null.
-- needs 18
-- old
create table p (a int);
create table c (b int) inherits (p);
-- new
create table p (a int);
create table c (b int, constraint there not null a) inherits (p);
create table d (constraint here not null a) inherits (p);

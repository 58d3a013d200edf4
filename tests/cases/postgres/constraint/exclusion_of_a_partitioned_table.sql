-- needs 17
-- old
create extension btree_gist;
create table t (id int, during tsrange) partition by list (id);
create table t1 partition of t for values in (1);
-- new
create extension btree_gist;
create table t (id int, during tsrange, exclude using gist (id with =, during with &&)) partition by list (id);
create table t1 partition of t for values in (1);
create table t2 partition of t for values in (2);

-- From PostgreSQL 17 on a partitioned table may have one, which new partitions take.
-- needs 17
-- old
create access method heap_too type table handler heap_tableam_handler;
create table t (a int) partition by list (a);
create table t1 partition of t for values in (1);
-- new
create access method heap_too type table handler heap_tableam_handler;
create table t (a int) partition by list (a) using heap_too;
create table t1 partition of t for values in (1);
create table t2 partition of t for values in (2);
create table t3 partition of t for values in (3) using heap;
create table u (a int) using heap_too;

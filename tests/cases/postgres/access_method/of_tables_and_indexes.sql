-- needs 15
-- old
create access method heap_too type table handler heap_tableam_handler;
create access method gone type index handler bthandler;
create table t (a int) using heap_too;
create table u (a int);
create materialized view m using heap_too as select 1 as n;
-- rows
insert into t values (1);
-- new
create access method heap_too type table handler heap_tableam_handler;
create access method came type index handler hashhandler;
comment on access method heap_too is 'the heap again';
create table t (a int);
create table u (a int) using heap_too;
create materialized view m as select 1 as n;

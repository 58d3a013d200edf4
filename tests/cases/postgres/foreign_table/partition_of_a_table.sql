-- old
create foreign data wrapper w;
create server s foreign data wrapper w;
create table p (a int, b int) partition by list (a);
-- new
create foreign data wrapper w;
create server s foreign data wrapper w;
create table p (a int, b int) partition by list (a);
create foreign table p1 partition of p for values in (1) server s options (k 'v');

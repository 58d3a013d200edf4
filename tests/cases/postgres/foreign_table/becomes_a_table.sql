-- old
create foreign data wrapper w;
create server s foreign data wrapper w;
create foreign table ft (a int) server s;
-- new
create table ft (a int);

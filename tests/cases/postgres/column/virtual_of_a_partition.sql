-- needs 18
-- old
create table p (id int, v int generated always as (id * 2)) partition by list (id);
create table p1 partition of p for values in (1);
create table base (a int, v int generated always as (a + 1) virtual);
create table kid (b int) inherits (base);
-- rows
insert into p values (1);
insert into kid values (1, default, 2);
-- new
create table p (id int, v int generated always as (id * 3), w text generated always as (id::text) not null) partition by list (id);
create table p1 partition of p for values in (1);
create table p2 partition of p for values in (2);
create table base (a int, v int generated always as (a + 2) virtual);
create table kid (b int) inherits (base);

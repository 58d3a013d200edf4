-- A partition's key can't be dropped while the parent's is there.
-- old
create table foobar (id int, n int, primary key (id)) partition by range (id);
create table foobar_1 partition of foobar for values from (0) to (10);
create table foobar_2 partition of foobar for values from (10) to (20);
-- rows
insert into foobar values (1, 1), (11, 2);
-- same
select * from foobar order by id
-- new
create table foobar (id int not null, n int) partition by range (id);
create table foobar_1 partition of foobar for values from (0) to (10);
create table foobar_2 partition of foobar for values from (10) to (20);
alter table foobar_1 add constraint foobar_1_pkey primary key (id);

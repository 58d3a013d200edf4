-- Two tables that refer to each other and to themselves are made anew at once.
-- old
create table a (id int primary key, b_id int, up int references a);
create table b (id int primary key, a_id int references a);
alter table a add constraint to_b foreign key (b_id) references b deferrable initially deferred;
-- rows
begin;
insert into a values (1, 1, null), (2, 1, 1);
insert into b values (1, 2);
commit;
-- same
select * from a order by id
select * from b order by id
-- new
create table a (id int primary key, b_id int, up int references a) partition by hash (id);
create table a_0 partition of a for values with (modulus 1, remainder 0);
create table b (id int primary key, a_id int references a) partition by list (id);
create table b_rest partition of b default;
alter table a add constraint to_b foreign key (b_id) references b deferrable initially deferred;

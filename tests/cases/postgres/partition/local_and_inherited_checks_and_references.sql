-- A partition's own foreign key and CHECK have the name that it also inherits.
-- old
create table r (id int primary key);
create table t (id int not null, n int, m int) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create table t_2 (id int not null, n int, m int, constraint fk foreign key (m) references r, constraint c check (n > 0));
alter table t_1 add constraint fk foreign key (n) references r;
alter table t_1 add constraint c check (n > 0);
-- rows
insert into r values (1), (2);
insert into t values (1, 1, 2);
insert into t_2 values (11, 1, 2);
-- same
select * from t_1
select * from t_2
-- new
create table r (id int primary key);
create table t (id int not null, n int, m int) partition by range (id);
create table t_1 partition of t for values from (0) to (10);
create table t_2 (id int not null, n int, m int, constraint fk foreign key (m) references r, constraint c check (n > 0));
alter table t_1 add constraint fk foreign key (n) references r;
alter table t_1 add constraint c check (n > 0);
alter table t attach partition t_2 for values from (10) to (20);
alter table t add constraint c check (n > 0);
alter table t add constraint fk foreign key (n) references r;

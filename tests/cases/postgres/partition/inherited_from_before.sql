-- A table that others inherit from becomes partitioned: they keep their own rows.
-- old
create table t (id int not null, n int not null);
create table heir (id int not null, n int not null, more int) inherits (t);
-- rows
insert into t values (1, 1), (2, 2);
insert into heir values (3, 3, 3);
-- same
select * from heir
-- new
create table t (id int not null, n int not null) partition by list (n);
create table t_rest partition of t default;
create table heir (id int not null, n int not null, more int);

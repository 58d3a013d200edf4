-- needs 18
-- old
create table p (id int primary key);
create table t (id int, p_id int) partition by list (id);
create table t1 partition of t for values in (1);
-- rows
insert into t values (1, 5);
-- new
create table p (id int primary key);
create table t (id int, p_id int) partition by list (id);
create table t1 partition of t for values in (1);
alter table t add constraint t_p foreign key (p_id) references p not valid;

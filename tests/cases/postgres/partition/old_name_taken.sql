-- A name that ends like those of old forms is left alone.
-- old
create table t (id int primary key);
create table t__old (id int primary key);
-- rows
insert into t values (1);
insert into t__old values (2), (3);
-- new
create table t (id int primary key) partition by list (id);
create table t_rest partition of t default;
create table t__old (id int primary key);

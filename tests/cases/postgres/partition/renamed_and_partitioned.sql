-- A table gets another name first.
-- rename t=people
-- old
create table t (id int primary key, n int);
create index t_n on t (n);
-- rows
insert into t values (1, 1);
-- new
create table people (id int primary key, n int) partition by list (id);
create table people_rest partition of people default;
create index t_n on people (n);

-- A rename and a rebuild of one table in one revision.
-- rename t.name=t.full_name
-- old
create table t (id integer primary key, name text); create view v as select name from t; create table c (t_id int references t (id) on delete cascade);
-- rows
insert into t values (1, 'ann'); insert into c values (1);
-- new
create table t (id integer primary key, full_name varchar(9) not null); create view v as select full_name from t; create table c (t_id int references t (id) on delete cascade);

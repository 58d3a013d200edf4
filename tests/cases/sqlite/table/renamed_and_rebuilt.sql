-- A table gets another name and another shape.
-- rename t=u
-- old
create table t (id integer primary key, a int); create view v as select a from t; create table c (t_id int references t (id) on delete cascade);
-- rows
insert into t values (1, 2); insert into c values (1);
-- new
create table u (id integer primary key, a text not null); create view v as select a from u; create table c (t_id int references u (id) on delete cascade);

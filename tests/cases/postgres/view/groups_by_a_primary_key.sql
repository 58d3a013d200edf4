-- old
create table t (id int, s text, constraint t_pkey primary key (id));
create view v as select id, s, count(*) as n from t group by id;
-- new
create table t (id int, s text, constraint t_pk primary key (id));
create view v as select id, s, count(*) as n from t group by id;

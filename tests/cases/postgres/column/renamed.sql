-- rename t.name=t.full_name
-- old
create table t (id integer primary key, name text not null);
create index t_name on t (name);
create view v as select name from t;
-- rows
insert into t values (1, 'a');
-- new
create table t (id integer primary key, full_name text not null);
create index t_name on t (full_name);
create view v as select full_name as name from t;

-- A view over the table stays as it is.
-- old
create table t (id integer primary key);
create view v as select id from t;
-- rows
insert into t values (1), (2);
-- new
create table t (id integer primary key, note text default 'none');
create view v as select id from t;
-- plan
create column public.t.note

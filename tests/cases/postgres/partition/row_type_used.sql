-- Its row type is the type of columns, arguments and results; its sequence counts elsewhere too.
-- old
create table t (id serial primary key, n int);
create function whole(t) returns int language sql begin atomic select ($1).n; end;
create function plain(x int) returns setof t language sql as 'select * from t where id = x';
create table holder (id int primary key, held t, many t[], dt int default nextval('t_id_seq'));
create view v as select whole(t) from t;
create materialized view mv as select id from t;
create unique index mv_id on mv (id);
create publication pub for table t;
create rule no_delete as on delete to t where old.n = 7 do instead nothing;
grant usage on sequence t_id_seq to reader;
comment on sequence t_id_seq is 'counts';
-- rows
insert into t (n) values (1), (2);
insert into holder select 1, t, array[t, t] from t where id = 1;
-- same
select id, n from t order by id
select id, held, many, dt from holder
-- new
create table t (id serial primary key, n int) partition by range (id);
create table t_rest partition of t default;
create function whole(t) returns int language sql begin atomic select ($1).n; end;
create function plain(x int) returns setof t language sql as 'select * from t where id = x';
create table holder (id int primary key, held t, many t[], dt int default nextval('t_id_seq'));
create view v as select whole(t) from t;
create materialized view mv as select id from t;
create unique index mv_id on mv (id);
create publication pub for table t;
create rule no_delete as on delete to t where old.n = 7 do instead nothing;
grant usage on sequence t_id_seq to reader;
comment on sequence t_id_seq is 'counts';

-- Tables over the enum are made anew with it, because nothing changes the type of the column that one is partitioned by.
-- old
create type mood as enum ('sad', 'ok', 'happy');
create domain feeling as mood default 'ok';
create table t (id serial, m mood not null, f feeling, primary key (id, m)) partition by list (m);
create table t_ok partition of t for values in ('ok');
create table t_rest partition of t default;
create table other (m mood[] default '{ok}', id int primary key);
create view v as select m from t;
create function worse(mood) returns mood language sql as 'select ''sad''::mood';
-- rows
insert into t (m) values ('ok'), ('happy');
insert into other values ('{happy,ok}', 1);
-- same
select id, m, f from t order by id
select m from other
select last_value, is_called from t_id_seq
-- new
create type mood as enum ('happy', 'ok');
create domain feeling as mood default 'ok';
create table t (id serial, m mood not null, f feeling, primary key (id, m)) partition by list (m);
create table t_ok partition of t for values in ('ok');
create table t_rest partition of t default;
create table other (m mood[] default '{ok}', id int primary key);
create view v as select m from t;
create function worse(mood) returns mood language sql as 'select ''ok''::mood';

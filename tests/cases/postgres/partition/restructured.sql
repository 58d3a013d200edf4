-- The same partitions, at other levels: what was partitioned is a leaf now.
-- old
create schema parts;
create table t (id serial, region text not null, at date not null, primary key (id, region, at)) partition by range (at);
create table parts.t_2020 partition of t for values from ('2020-01-01') to ('2021-01-01');
create table parts.t_2021 partition of t for values from ('2021-01-01') to ('2022-01-01') partition by list (region);
create table parts.t_2021_eu partition of parts.t_2021 for values in ('eu');
create table parts.t_2021_x partition of parts.t_2021 default;
create view v as select region, count(*) from t group by region;
create materialized view mv as select * from v;
create function latest() returns setof v language sql as 'select * from v';
create table ref (id int, region text, at date, foreign key (id, region, at) references t on delete cascade);
-- rows
insert into t (region, at) values ('eu', '2020-05-05'), ('us', '2021-05-05'), ('eu', '2021-06-06');
insert into ref select id, region, at from t;
-- same
select * from t order by id
select * from ref order by id
select last_value, is_called from t_id_seq
-- new
create schema parts;
create table t (id serial, region text not null, at date not null, primary key (id, region, at)) partition by list (region);
create table parts.t_eu partition of t for values in ('eu') partition by range (at);
create table parts.t_2020 partition of parts.t_eu for values from ('2020-01-01') to ('2021-01-01');
create table parts.t_2021 partition of parts.t_eu for values from ('2021-01-01') to ('2022-01-01');
create table parts.t_x partition of t default;
create view v as select region, count(*) from t group by region;
create materialized view mv as select * from v;
create function latest() returns setof v language sql as 'select * from v';
create table ref (id int, region text, at date, foreign key (id, region, at) references t on delete cascade);

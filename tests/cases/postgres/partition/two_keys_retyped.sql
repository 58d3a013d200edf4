-- A table and the one that it refers to, each partitioned by the column that is retyped.
-- old
create table u (id int primary key, n int) partition by range (id);
create table u_1 partition of u for values from (0) to (100);
create table t (id int not null, u_id int not null references u on delete cascade, at timestamptz not null default now(), primary key (id, u_id)) partition by range (u_id);
create table t_1 partition of t for values from (0) to (100);
create index on t (at);
-- rows
insert into u values (1, 1), (2, 2);
insert into t (id, u_id) values (1, 1), (2, 2);
-- same
select id, u_id from t order by id
select * from u order by id
-- new
create table u (id bigint primary key, n int) partition by range (id);
create table u_1 partition of u for values from (0) to (100);
create table t (id int not null, u_id bigint not null references u on delete cascade, at timestamptz not null default now(), primary key (id, u_id)) partition by range (u_id);
create table t_1 partition of t for values from (0) to (100);
create index on t (at);

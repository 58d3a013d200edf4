-- What partitions have of their own goes and comes with them.
-- old
create function f() returns trigger language plpgsql as 'begin return new; end';
create table t (id int not null, n int not null default 1, k text) partition by range (id);
create table t_1 partition of t (n default 2, constraint own check (k <> 'z')) for values from (0) to (10);
create table t_2 partition of t for values from (10) to (20);
create index t_n on t (n);
create index own_1 on t_1 (k) where k is not null;
create trigger all_rows after insert on t for each row execute function f();
create trigger own_row before update on t_1 for each row execute function f();
alter table t_2 disable trigger all_rows;
alter table t_1 enable row level security;
create policy p1 on t_1 for select using (n = 2);
grant select on t_1 to reader;
comment on table t_2 is 'second';
comment on column t_1.n is 'column';
create table refers (id int);
alter table t add primary key (id);
alter table refers add foreign key (id) references t_1 on delete cascade;
create view v1 as select * from t_1;
-- rows
insert into t values (1, 1, 'a'), (11, 2, 'b');
insert into refers values (1);
-- same
select id, n, k from t order by id
select * from refers
-- new
create function f() returns trigger language plpgsql as 'begin return new; end';
create table t (id bigint not null, n int not null default 1, k text) partition by range (id);
create table t_1 partition of t (n default 2, constraint own check (k <> 'z')) for values from (0) to (10);
create table t_2 partition of t for values from (10) to (20);
create index t_n on t (n);
create index own_1 on t_1 (k) where k is not null;
create trigger all_rows after insert on t for each row execute function f();
create trigger own_row before update on t_1 for each row execute function f();
alter table t_2 disable trigger all_rows;
alter table t_1 enable row level security;
create policy p1 on t_1 for select using (n = 2);
grant select on t_1 to reader;
comment on table t_2 is 'second';
comment on column t_1.n is 'column';
create table refers (id bigint);
alter table t add primary key (id);
alter table refers add foreign key (id) references t_1 on delete cascade;
create view v1 as select * from t_1;

-- Constraints come back when the rows are there, those that no row was checked against too.
-- old
create extension btree_gist;
create table ref (id int primary key);
create table t (id int, n int, r int4range, ref_id int, exclude using gist (id with =, r with &&));
create table u (id int not null, n int, check (n > 0), constraint nv check (n > 5) not valid);
alter table t add constraint nv check (n > 5) not valid;
alter table t add constraint later foreign key (ref_id) references ref not valid;
alter table t add constraint un unique (id, n) deferrable initially deferred;
alter table t replica identity full;
-- rows
alter table t drop constraint nv;
insert into t values (1, 1, '[1,2)', null), (2, 9, null, null);
alter table t add constraint nv check (n > 5) not valid;
-- same
select * from t order by id
-- new
create extension btree_gist;
create table ref (id int primary key);
create table u (id int not null, n int, check (n > 0), constraint nv check (n > 5) not valid);
create table t (id int, n int, r int4range, ref_id int, constraint un unique (id, n) deferrable initially deferred) partition by list (id);
create table t_rest partition of t default;
alter table t add constraint nv check (n > 5) not valid;
alter table t add constraint later foreign key (ref_id) references ref;
alter table t replica identity full;

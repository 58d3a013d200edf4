-- The data stays, and what names the table follows.
-- rename t=u
-- old
create table t (id integer primary key, a int); create table c (t_id int references t (id)); create index i on t (a); create view v as select a from t; create trigger tr after insert on t begin delete from c; end;
-- rows
insert into t values (1, 2); insert into c values (1);
-- new
create table u (id integer primary key, a int); create table c (t_id int references u (id)); create index i on u (a); create view v as select a from u; create trigger tr after insert on u begin delete from c; end;

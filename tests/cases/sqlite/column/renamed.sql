-- The data stays, and what names the column follows.
-- rename t.name=t.full_name
-- old
create table t (id integer primary key, name text check (length(name) > 1)); create index i on t (name); create view v as select name from t; create trigger tr after insert on t begin update t set name = upper(new.name); end;
-- rows
insert into t values (1, 'ann');
-- new
create table t (id integer primary key, full_name text check (length(full_name) > 1)); create index i on t (full_name); create view v as select full_name from t; create trigger tr after insert on t begin update t set full_name = upper(new.full_name); end;

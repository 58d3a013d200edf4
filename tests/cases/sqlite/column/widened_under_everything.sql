-- A rebuild keeps triggers, views, partial and expression indexes, sort orders and collations.
-- old
create table t (id integer primary key autoincrement, name varchar(20) collate nocase not null unique, n int check (n > 0));
create index t_expr on t (lower(name) desc) where n > 1;
create index t_coll on t (name collate rtrim desc, n);
create view v as select name from t;
create table log (what text);
create trigger tr after insert on t when new.n > 2 begin insert into log values (new.name); end;
-- rows
insert into t (name, n) values ('a', 1), ('b', 2); delete from t where name = 'b';
-- new
create table t (id integer primary key autoincrement, name varchar(200) collate nocase not null unique, n int check (n > 0));
create index t_expr on t (lower(name) desc) where n > 1;
create index t_coll on t (name collate rtrim desc, n);
create view v as select name from t;
create table log (what text);
create trigger tr after insert on t when new.n > 2 begin insert into log values (new.name); end;
-- plan
alter column t.name: type varchar(20) → varchar(200)

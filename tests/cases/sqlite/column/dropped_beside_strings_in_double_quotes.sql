-- SQLite's DROP COLUMN would write them in single quotes, whatever table they are in.
-- old
create table t (a, s text check (s in ("x", "y")));
create table u (a, b, c);
create index i on t (a) where s = "x";
create view v as select a from t where s = "x";
create trigger tr after insert on t when new.s = "x" begin select 1; end;
-- rows
insert into u values (1, 2, 3);
-- new
create table t (a, s text check (s in ("x", "y")));
create table u (a, c);
create index i on t (a) where s = "x";
create view v as select a from t where s = "x";
create trigger tr after insert on t when new.s = "x" begin select 1; end;

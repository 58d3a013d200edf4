-- A trigger that names it steps aside.
-- old
create table t (a int, b int); create table log (x); create trigger tr after update of b on t begin insert into log values (new.b); end; create trigger ts after insert on log begin update t set b = 1; end;
-- rows
insert into t values (1, 2);
-- new
create table t (a int); create table log (x); create trigger tr after update of a on t begin insert into log values (new.a); end;

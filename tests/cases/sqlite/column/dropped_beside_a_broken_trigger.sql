-- A trigger that names what is not there stops no other change.
-- old
create table t (a int, b int);
create table u (x int);
create trigger tr after update on u begin update u set x = new.nope; end;
-- rows
insert into t values (1, 2);
-- new
create table t (a int);
create table u (x int);
create trigger tr after update on u begin update u set x = new.nope; end;

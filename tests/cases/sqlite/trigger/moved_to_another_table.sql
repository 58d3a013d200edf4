-- A trigger keeps its name and gets another table.
-- old
create table t (a int); create table u (a int); create trigger tr before delete on t begin select 1; end;
-- rows
insert into t values (1);
-- new
create table t (a int); create table u (a int); create trigger tr before delete on u begin select 1; end;

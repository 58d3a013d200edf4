-- A trigger with CASE and strings in its body.
-- old
create table t (a int, b text); create trigger tr after update of a on t for each row when old.a <> new.a begin update t set b = case when new.a > 1 then 'x;y' else 'END' end where a = new.a; end;
-- rows
insert into t values (1, 'x');
-- new
create table t (a int, b text); create trigger tr after update of a on t for each row when old.a <> new.a begin update t set b = case when new.a > 2 then 'x;y' else 'end' end where a = new.a; delete from t where b = ''; end;

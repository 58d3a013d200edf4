-- Triggers of two tables that name each other, both rebuilt.
-- old
create table a (x int, gone int); create table b (x int, gone int); create trigger ta after insert on a begin update b set gone = 1; end; create trigger tb after insert on b begin update a set gone = 1; end;
-- rows
delete from a; insert into a (x) values (1);
-- new
create table a (x text); create table b (x text); create trigger ta after insert on a begin update b set x = 1; end; create trigger tb after insert on b begin update a set x = 1; end;

-- A trigger waits for what it names.
-- old

-- new
create table a (x int); create trigger ta after insert on a begin insert into zz values (new.x); end; create table zz (x int);

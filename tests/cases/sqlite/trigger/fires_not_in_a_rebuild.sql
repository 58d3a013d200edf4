-- A rebuild runs no trigger.
-- old
create table t (id integer primary key, a int); create table log (n int); create trigger ti after insert on t begin insert into log values (1); end; create trigger td after delete on t begin insert into log values (2); end;
-- rows
insert into t values (1, 1);
-- new
create table t (id integer primary key, a text); create table log (n int); create trigger ti after insert on t begin insert into log values (1); end; create trigger td after delete on t begin insert into log values (2); end;

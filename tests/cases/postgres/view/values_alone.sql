-- old
create table keep (a int);
-- new
create table keep (a int);
create view v (a, b) as values (1, '( VALUES'), (2, 'y');
create view w as select * from (values (1, 2)) as x (a, b) where (a, b) in (values (1, 2), (3, 4));

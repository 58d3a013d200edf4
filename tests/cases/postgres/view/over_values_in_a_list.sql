-- old
create table keep (a int);
-- new
create table keep (a int);
create view w as select * from (values (1, '(VALUES ')) as x (a, b) where (a, b) in (values (1, 'x'), (3, 'y'));

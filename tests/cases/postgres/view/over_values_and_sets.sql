-- old
create view v (a, b) as select * from (values (1, 'x'), (2, 'y')) as x;
-- new
create view v (a, b) as select * from (values (1, 'x'), (2, 'y')) as x union all select 3, 'z';
create view w (n) as select 1 union select 2 except select 3;

-- old
create view v (a, b) as values (1, 'x'), (2, 'y');
-- new
create view v (a, b) as values (1, 'x'), (2, 'y') union all select 3, 'z';
create view w (n) as select 1 union select 2 except select 3;

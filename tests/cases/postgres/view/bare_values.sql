-- old
create view v (a, b) as values (1, 'x'), (2, 'y');
create view w as values (1, 2) order by 1 limit 1;
create materialized view m as values (1);
create view gone as values (1) union values (2);
-- new
create view v (a, b) as values (1, 'x'), (2, 'z'), (3, null);
create view w as values (1, 3) order by 1 limit 1;
create materialized view m as values (2);
create view n as with c as (values (1)) select * from c;

-- A view with WITH RECURSIVE, CASE and semicolons in strings.
-- old
create table t (a int);
-- rows
insert into t values (1);
-- new
create table t (a int); create view v as with recursive n(i) as (select 1 union all select i + 1 from n where i < 3) select i, case when i > 1 then ';' else '--' end as c from n join t on t.a = i;

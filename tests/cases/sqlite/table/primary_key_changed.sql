-- A primary key gets another column.
-- old
create table t (a int, b int, c text, primary key (a));
-- rows
insert into t values (1, 2, 'x');
-- new
create table t (a int, b int, c text, primary key (a, b desc));
-- plan
alter constraint t."primary key": definition primary key (a) → primary key (a, b desc)

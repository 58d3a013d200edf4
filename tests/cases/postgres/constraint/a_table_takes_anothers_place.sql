-- The table that was there keeps its constraints' names under its new name.
-- old
create table r (id int primary key);
create table t (id int primary key, x int references r, y int unique check (y > 0));
create index on t (x);
-- rows
insert into r values (1);
insert into t values (1, 1, 1);
-- new
create table r (id int primary key);
create table t_old (id int constraint t_pkey primary key, x int constraint t_x_fkey references r, y int constraint t_y_key unique constraint t_y_check check (y > 0));
create index t_x_idx on t_old (x);
create table t (id int primary key, x int references r, y int unique check (y > 0));
create index on t (x);

-- needs 18
-- old
create table t (a int not null, b int constraint b_there not null, c int constraint c_there not null no inherit, d int constraint "D there" not null, e int not null, i int generated always as identity constraint i_there not null, k int constraint k_there primary key);
-- rows
insert into t values (1, 2, 3, 4, 5, default, 7);
-- new
create table t (a int constraint a_there not null, b int not null, c int constraint c_there not null, d int, e int not null no inherit, i int generated always as identity constraint i_here not null, k int constraint k_there not null constraint k_key primary key);

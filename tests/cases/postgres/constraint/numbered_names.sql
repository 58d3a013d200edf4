-- Names that the server numbered, when one takes the name of the other.
-- old
create table t (a int, b int);
create index on t (a);
create index on t (a desc);
create table "long_name_of_a_table_that_is_cut_by_the_server_as_it_is_too_long" (one_column_with_a_long_name int unique, one_column_with_a_long_name_2 int unique, check (one_column_with_a_long_name > 0), check (one_column_with_a_long_name_2 > 0));
create table r (id int primary key, x int references r, check (x > 0));
-- rows
insert into r values (1, 1);
-- new
create table t (a int, b int);
create index on t (a desc);
create index on t (a);
create table "long_name_of_a_table_that_is_cut_by_the_server_as_it_is_too_long" (one_column_with_a_long_name_2 int unique, one_column_with_a_long_name int unique, check (one_column_with_a_long_name_2 > 0), check (one_column_with_a_long_name > 0));
create table q (id int primary key, x int references q, check (x > 0));
alter table q rename to q2;
create table r (id int primary key, x int references r, check (x > 0));
create table q (id int primary key, x int references q, check (x > 0), check (x > 1));

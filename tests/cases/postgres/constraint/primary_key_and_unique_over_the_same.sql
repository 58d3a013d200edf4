-- A primary key and a unique key over the same columns, with something that refers to them.
-- old
create table t (id int primary key, n int);
create table r (t_id int references t);
create table u (id int not null, constraint u_id_key unique (id), constraint u_pkey primary key (id));
create table v (id int not null, constraint v_1 unique (id), constraint v_2 unique (id));
create table s (v_id int references v (id), u_id int references u);
-- rows
insert into t values (1, 1); insert into r values (1);
-- new
create table t (id int not null unique, n int, primary key (id));
create table r (t_id int references t);
create table u (id int not null, constraint u_id_key unique (id));
create table v (id int not null, constraint v_1 primary key (id), constraint v_2 unique (id));
create table s (v_id int references v (id), u_id int references u (id));

-- What differs in its name alone is renamed.
-- old
create table r (id int, constraint r_pk primary key (id));
create table t (id int primary key, x int, constraint to_r foreign key (x) references r, constraint c check (x > 0), constraint u unique (x));
create index t_old on t (x, id);
create index t_same_1 on t (id desc);
create index t_same_2 on t (id desc);
comment on index t_old is 'about it';
comment on constraint c on t is 'about it';
-- rows
insert into r values (1); insert into t values (1, 1);
-- new
create table r (id int primary key);
create table t (id int, x int, constraint t_pk primary key (id), foreign key (x) references r, check (x > 0), unique (x));
create index t_new on t (x, id);
create index t_same_2 on t (id desc);
create index t_same_3 on t (id desc);
comment on index t_new is 'about it';
comment on constraint t_x_check on t is 'about it';
-- plan
alter constraint public.r.r_pk: name r_pk → r_pkey
alter constraint public.t.c: name c → t_x_check
alter constraint public.t.t_pkey: name t_pkey → t_pk
alter constraint public.t.to_r: name to_r → t_x_fkey
alter constraint public.t.u: name u → t_x_key
alter index public.t_old: name t_old → t_new
alter index public.t_same_1: name t_same_1 → t_same_3

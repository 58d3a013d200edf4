-- old
create table t (id int generated always as identity, a int, constraint t_pk primary key (id), constraint t_u unique (a), constraint t_c check (a > 0));
comment on constraint t_pk on t is 'key';
comment on index t_u is 'index';
-- new
create table t (id int generated always as identity, a int, constraint t_pk primary key (id), constraint t_u unique (a), constraint t_c check (a > 0));
comment on constraint t_u on t is 'unique';
comment on index t_u is 'another index';
comment on index t_pk is 'index of the key';
comment on constraint t_c on t is 'check';
comment on sequence t_id_seq is 'identity';

-- old
create function ok(a int) returns boolean language sql immutable as 'select $1 > 0';
create function half(a int) returns int language sql immutable as 'select $1 / 2';
create domain d as int check (ok(value));
create table t (id int primary key, a int check (ok(a)), b d);
create index t_half on t (half(a)) where ok(a);
comment on index t_half is 'kept';
comment on constraint t_a_check on t is 'kept too';
comment on constraint d_check on domain d is 'kept as well';
-- rows
insert into t values (1, 2, 3);
-- new
create function ok(b int) returns boolean language sql immutable as 'select $1 > 0';
create function half(b int) returns int language sql immutable as 'select $1 / 2';
create domain d as int check (ok(value));
create table t (id int primary key, a int check (ok(a)), b d);
create index t_half on t (half(a)) where ok(a);
comment on index t_half is 'kept';
comment on constraint t_a_check on t is 'kept too';
comment on constraint d_check on domain d is 'kept as well';

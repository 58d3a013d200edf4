-- A partition has its parent's names, which stay when it is detached.
-- needs 18
-- old
create table p (id int not null, n int constraint n_there not null, m int) partition by list (id);
create table p1 partition of p for values in (1);
create table p2 (id int not null, n int not null, m int constraint m_own not null);
create table base (a int not null, b int constraint b_there not null);
create table kid (a int not null, b int constraint b_own not null) inherits (base);
create table free (a int not null, b int not null);
-- rows
insert into p values (1, 1, 1);
insert into p2 values (2, 2, 2);
-- new
create table p (id int not null, n int constraint n_there not null, m int) partition by list (id);
create table p1 (id int not null, n int constraint n_here not null, m int);
create table p2 partition of p (m constraint m_own not null) for values in (2);
create table p3 (id int constraint id_own not null, n int not null, m int);
alter table p attach partition p3 for values in (3);
create table base (a int not null, b int constraint b_there not null);
create table kid (a int not null, b int not null);
create table free (a int not null, b int constraint b_free not null);
alter table free inherit base;

-- needs 18
-- old
create table p (id int primary key);
create table t (a int constraint a_check check (a > 0) not enforced, b int references p not enforced, c int references p, d int references p, e int check (e > 0));
alter table t add constraint f_check check (e < 10) not enforced;
-- rows
insert into p values (1);
insert into t values (-1, 2, 1, null, 3);
-- new
create table p (id int primary key);
create table t (a int constraint a_check check (a > 0) no inherit not enforced, b int, c int references p not enforced, d int references p deferrable initially deferred not enforced, e int check (e > 0) not enforced);
alter table t add constraint f_check check (e < 10);
create table n (a int check (a > 0) not enforced references p not enforced, b int references p on delete set null not enforced);

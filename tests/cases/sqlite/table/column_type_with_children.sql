-- Children under ON DELETE CASCADE keep their rows, children of children too.
-- old
create table p (id integer primary key, n int); create table c (id integer primary key, p_id int not null references p (id) on delete cascade); create table g (c_id int references c on delete set null);
-- rows
insert into p values (1, 1), (2, 2); insert into c values (10, 1), (11, 2); insert into g values (10), (11);
-- new
create table p (id integer primary key, n bigint); create table c (id integer primary key, p_id int not null references p (id) on delete cascade); create table g (c_id int references c on delete set null);

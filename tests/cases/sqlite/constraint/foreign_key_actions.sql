-- Every part of a foreign key counts.
-- old
create table p (id integer primary key, k text unique); create table c (a int references p (id) on delete cascade, b text references p (k) deferrable initially deferred);
-- rows
insert into p values (1, 'k'); insert into c values (1, 'k');
-- new
create table p (id integer primary key, k text unique); create table c (a int references p (id) on delete set null on update cascade, b text references p (k) deferrable initially immediate);

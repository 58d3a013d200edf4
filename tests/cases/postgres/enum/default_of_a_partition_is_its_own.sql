-- The partition's default goes after its parent's, whose DROP DEFAULT would set it again.
-- old
create type mood as enum ('ok', 'sad', 'gone');
create table p (id int, m mood default 'ok') partition by range (id);
create table p1 partition of p for values from (0) to (10);
create table p2 partition of p (m default 'sad') for values from (10) to (20);
-- rows
insert into p values (1, 'sad'), (11, 'ok');
-- new
create type mood as enum ('new', 'sad', 'ok');
create table p (id int, m mood default 'new') partition by range (id);
create table p1 partition of p for values from (0) to (10);
create table p2 partition of p (m default 'ok') for values from (10) to (20);

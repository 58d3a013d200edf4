-- A reference comes with its column.
-- old
create table p (id integer primary key); create table t (id integer primary key);
-- rows
insert into t values (1);
-- new
create table p (id integer primary key); create table t (id integer primary key, p_id int constraint fk_p references p (id) on delete cascade deferrable initially deferred);

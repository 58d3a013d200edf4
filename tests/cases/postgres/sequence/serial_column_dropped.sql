-- old
create table t (id serial, n bigserial);
-- rows
insert into t default values;
-- new
create table t (n bigserial);

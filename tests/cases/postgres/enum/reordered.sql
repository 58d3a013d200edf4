-- old
create type size as enum ('small', 'large', 'medium');
create table t (s size);
-- rows
insert into t values ('medium');
-- new
create type size as enum ('small', 'medium', 'large');
create table t (s size);

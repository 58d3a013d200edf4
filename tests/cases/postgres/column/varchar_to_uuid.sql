-- old
create table t (u varchar(36));
-- rows
insert into t values ('11111111-2222-3333-4444-555555555555');
-- new
create table t (u uuid);

-- old
create table keep (a int);
-- new
create table keep (a int);
comment on schema public is null;
grant create on schema public to public;

-- old
create table t (a int);
create sequence s;
-- new
create table t (a int);
create sequence s;
revoke delete, truncate on t from current_user;
revoke all on sequence s from current_user;
grant usage on sequence s to public;

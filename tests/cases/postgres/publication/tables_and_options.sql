-- old
create table t (a int, b int);
create table u (a int);
create publication p for table t;
create publication q for table t, u with (publish = 'insert');
comment on publication q is 'kept';
-- new
create table t (a int, b int);
create table u (a int);
create table w (a int);
create publication p for table t, w with (publish = 'insert, delete', publish_via_partition_root = true);
create publication q for table u;
create publication e;
comment on publication q is 'kept';

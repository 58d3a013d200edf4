-- old
create table t (a int);
create rule a as on insert to t do also nothing;
create rule b as on insert to t do also nothing;
alter table t enable always rule b;
-- new
create table t (a int);
create rule a as on insert to t do also nothing;
create rule b as on insert to t do also nothing;
alter table t enable replica rule a;

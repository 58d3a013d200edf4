-- needs 18
-- old
create table t (a int, b int generated always as (a) stored);
create publication p for table t;
create publication q for table t with (publish_generated_columns = stored);
create publication r for table t (a, b);
-- new
create table t (a int, b int generated always as (a) stored);
create publication p for table t with (publish_generated_columns = stored);
create publication q for table t;
create publication r for table t (b);

-- ON CONFLICT REPLACE must not swallow rows when they are copied.
-- old
create table t (a int unique on conflict replace, b int not null on conflict ignore);
-- rows
insert into t values (1, 2), (2, 3);
-- new
create table t (a bigint unique on conflict replace, b bigint not null on conflict ignore);

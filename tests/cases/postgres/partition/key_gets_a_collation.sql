-- Other columns are retyped and new at the same time.
-- old
create table t (k text not null, v text, primary key (k)) partition by range (k);
create table t_rest partition of t default;
-- rows
insert into t values ('a', 'b');
-- same
select k, v from t
-- new
create table t (k text collate "C" not null, v varchar(10), w int not null default 3, primary key (k)) partition by range (k);
create table t_rest partition of t default;

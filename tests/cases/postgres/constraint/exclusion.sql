-- old
create table t (id integer, during tstzrange);
-- rows
insert into t values (1, '[2020-01-01, 2020-01-02)');
-- new
create table t (id integer, during tstzrange, exclude using gist (during with &&));

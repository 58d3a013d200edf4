-- A table is made as its model is written.
-- old

-- new
create table t ( -- people
    id integer primary key, /* number */
    name text not null -- 'their' name
);
create view v as select id from t -- the end

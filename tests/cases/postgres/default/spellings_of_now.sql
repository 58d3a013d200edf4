-- now(), CURRENT_TIMESTAMP and others are one function.
-- spelled otherwise
-- old
create table t (id int, a timestamptz default now(), b timestamptz default transaction_timestamp(), c timestamptz default current_timestamp, d timestamp default now());
-- rows
insert into t (id) values (1);
-- new
create table t (id int, a timestamptz default current_timestamp, b timestamptz default now(), c timestamptz default now(), d timestamp default current_timestamp);

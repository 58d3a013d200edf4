-- No table holds the composite, so it is dropped before the domain changes, and made after.
-- old
create domain amount as numeric(10,2) default 0;
create type line_item as (quantity integer, price amount);
create function total(line_item) returns numeric language sql immutable as 'select $1.quantity * $1.price';
create table t (id int primary key, price amount);
-- rows
insert into t values (1, 2.5);
-- new
create domain amount as numeric(12,4) default 1;
create type line_item as (price amount, quantity bigint);
create function total(line_item) returns numeric language sql immutable as 'select $1.quantity * $1.price';
create table t (id int primary key, price amount default 5);

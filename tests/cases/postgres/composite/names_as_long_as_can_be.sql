-- The old forms have names of their own beside the new ones.
-- old
create type aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffxxx as (x integer, y text);
create domain aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffyyy as aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffxxx[];
create table t (id int primary key, a aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffxxx, b aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffyyy);
-- rows
insert into t values (1, '(1,a)', '{"(2,b)"}');
-- new
create type aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffxxx as (y text, x bigint);
create domain aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffyyy as aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffxxx[];
create table t (id int primary key, a aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffxxx, b aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffyyy);

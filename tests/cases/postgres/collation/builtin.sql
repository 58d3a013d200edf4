-- needs 17
-- old
create collation c (provider = builtin, locale = 'C');
create table t (a text collate c);
-- new
create collation c (provider = builtin, locale = 'C.UTF-8');
create table t (a text collate c, b text collate pg_c_utf8);

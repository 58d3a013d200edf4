-- needs 16
-- old
create collation c (provider = icu, locale = 'und', rules = '&V << w <<< W');
create collation d (provider = icu, locale = 'de', deterministic = false);
create table t (a text collate c);
-- rows
insert into t values ('x');
-- new
create collation c (provider = icu, locale = 'und', rules = '&a < g');
create collation d (provider = icu, locale = 'en-u-kn', deterministic = false);
create table t (a text collate c, b text collate d);
create index i on t (a collate d);

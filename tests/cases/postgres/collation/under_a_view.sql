-- old
create collation c (provider = icu, locale = 'de');
create table t (a text);
create view v as select a collate c as a from t;
-- new
create collation c (provider = icu, locale = 'sv', deterministic = false);
create collation l (lc_collate = 'C', lc_ctype = 'POSIX');
create table t (a text);
create view v as select a collate c as a from t;
comment on collation c is 'Swedish';

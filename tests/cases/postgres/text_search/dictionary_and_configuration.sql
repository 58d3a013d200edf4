-- old
create text search dictionary d (template = simple, stopwords = english, accept = false);
create text search configuration c (parser = default);
alter text search configuration c add mapping for asciiword, word with d, english_stem;
comment on text search configuration c is 'kept';
create table t (a text);
create view v as select to_tsvector('c'::regconfig, a) as x from t;
-- new
create text search dictionary d (template = simple, stopwords = english, accept = true);
create text search configuration c (parser = default);
alter text search configuration c add mapping for asciiword with english_stem, d;
alter text search configuration c add mapping for email, url with simple;
comment on text search configuration c is 'kept';
comment on text search dictionary d is 'dict';
create table t (a text);
create view v as select to_tsvector('c'::regconfig, a) as x from t;

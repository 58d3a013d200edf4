-- old
create text search configuration c (copy = simple);
-- new
create text search template tt (init = dsimple_init, lexize = dsimple_lexize);
create text search dictionary d (template = tt, stopwords = 'english');
create text search parser pp (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, headline = prsd_headline, lextypes = prsd_lextype);
create text search configuration c (parser = pp);
alter text search configuration c add mapping for asciiword with d;
comment on text search parser pp is 'p';
comment on text search template tt is 't';

-- A full-text index gets a column and keeps its text.
-- old
create virtual table ft using fts5(body);
-- rows
insert into ft (rowid, body) values (3, 'hello'), (8, 'world');
-- new
create virtual table ft using fts5(body, title, tokenize = 'porter');

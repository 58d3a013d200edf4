-- What a contentless index indexes is not there any more.
-- old
create virtual table ft using fts5(a, content='');
-- rows
insert into ft (rowid, a) values (1, 'x');
-- new
create virtual table ft using fts5(a, b, content='');
-- refused
contentless

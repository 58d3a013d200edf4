-- An index of a table is built again, with its triggers.
-- old
create table t (id integer primary key, a text); create virtual table ft using fts5(a, content='t', content_rowid='id'); create trigger ti after insert on t begin insert into ft (rowid, a) values (new.id, new.a); end;
-- rows
insert into t values (1, 'x');
-- new
create table t (id integer primary key, a text, b text); create virtual table ft using fts5(a, b, content='t', content_rowid='id'); create trigger ti after insert on t begin insert into ft (rowid, a, b) values (new.id, new.a, new.b); end;

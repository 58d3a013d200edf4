-- A table whose name begins like a virtual table is a table.
-- old
create virtual table ft using fts5(a); create table ft_notes (n int);
-- rows
insert into ft_notes values (1);
-- new
create virtual table ft using fts5(a); create table ft_notes (n text);

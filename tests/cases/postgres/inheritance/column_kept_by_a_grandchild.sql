-- Each table in the middle loses the column by itself.
-- old
create table p (id int, note text, more text);
create table c () inherits (p);
create table g (note text) inherits (c);
create table h () inherits (c);
create table x () inherits (p);
-- rows
insert into g values (1, 'g', 'm');
insert into h values (2, 'h', 'm');
insert into x values (3, 'x', 'm');
-- same
select id, note from g
-- new
create table p (id int);
create table c () inherits (p);
create table g (note text) inherits (c);
create table h () inherits (c);
create table x (more text) inherits (p);

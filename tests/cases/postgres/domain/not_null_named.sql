-- needs 17
-- old
create domain d as int constraint d_there not null;
create domain e as int not null check (value > 0);
create domain f as int;
-- new
create domain d as int not null;
create domain e as int constraint e_there not null check (value > 0);
create domain f as int;
alter domain f add constraint f_there not null;
create domain g as text constraint g_there not null constraint g_long check (value <> '');

-- A key of two columns under a foreign key of two.
-- old
create table p (a int, b int, primary key (a, b)); create table c (a int, b int, foreign key (a, b) references p (a, b) on delete cascade);
-- rows
insert into p values (1, 2); insert into c values (1, 2);
-- new
create table p (a int, b int, n int, primary key (a, b) on conflict replace); create table c (a int, b int, foreign key (a, b) references p (a, b) on delete no action);

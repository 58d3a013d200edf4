-- What is too long stops it; a cast that is said would cut it.
-- old
create table t (id int primary key, a text, b int, c text[], d bit varying(8), f varchar);
-- rows
insert into t values (1, 'ab', 12, '{a,bc}', '1010', 'xyz');
-- new
create table t (id int primary key, a varchar(2), b varchar(3), c varchar(2)[], d bit(4), f char(3));

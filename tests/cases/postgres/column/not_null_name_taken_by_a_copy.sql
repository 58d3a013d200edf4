-- LIKE copies the names, and the server chooses none that another table of the schema has.
-- needs 18
-- old
create table z (n int);
-- new
create table z (n int not null);
create table a (like z);
create table users (id int not null primary key, name text not null);
create table copies (like users);

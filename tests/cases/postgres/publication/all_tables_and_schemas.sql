-- needs 15
-- old
create schema app;
create table app.t (a int);
create publication a for all tables;
create publication s for table app.t;
-- new
create schema app;
create table app.t (a int);
create publication a for tables in schema app;
create publication s for tables in schema app, public;

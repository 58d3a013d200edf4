-- Case, quotes, blanks, comments and the place of a constraint are no difference.
-- spelled otherwise
-- old
create table users (id integer primary key, age int check (age > 0), name text not null constraint u unique, p int references users (id)); create view v as select id from users where age != 3;
-- rows
insert into users values (1, 2, 'x', null);
-- new
CREATE TABLE [users] (`id` INTEGER, "age" INT /* years */, name TEXT NOT NULL, p int, PRIMARY KEY ("id"), CHECK (("AGE">0)), CONSTRAINT u UNIQUE (name), foreign key (p) references "Users" (ID) on update no action not deferrable); CREATE VIEW "v" AS
SELECT id -- x
FROM users WHERE "age" <> 3;

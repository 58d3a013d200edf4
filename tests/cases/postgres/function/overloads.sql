-- old
create function f(a int) returns int language sql as 'select 1';
create function f(a text) returns int language sql as 'select 1';
create function f(a int, b int) returns int language sql as 'select 1';
comment on function f(text) is 'text';
-- new
create function f(a int) returns int language sql as 'select 2';
create function f(a text[]) returns int language sql as 'select 1';
create function f(a int, variadic b int[]) returns int language sql as 'select 1';
comment on function f(text[]) is 'texts';

-- old
create procedure p(in a int, out b int) language plpgsql as 'begin b := 1; end';
comment on procedure p is 'kept';
-- new
create procedure p(in a int, out b int, out c text) language plpgsql as 'begin b := 1; end';
comment on procedure p is 'kept';

-- old
create function plus(a point, b point) returns int language sql immutable as 'select 1';
create operator @+@ (function = plus, leftarg = point, rightarg = point, commutator = @+@);
create view v as select point '(1,1)' @+@ point '(2,2)' as n;
-- new
create function plus(x point, y point) returns int language sql immutable as 'select 2';
create operator @+@ (function = plus, leftarg = point, rightarg = point);
create view v as select point '(1,1)' @+@ point '(2,2)' as n;

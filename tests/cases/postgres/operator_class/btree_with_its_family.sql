-- old
create function cmp(a point, b point) returns int language sql immutable as 'select 0';
create function lt(a point, b point) returns boolean language sql immutable as 'select true';
create operator <<<| (function = lt, leftarg = point, rightarg = point);
-- new
create function cmp(a point, b point) returns int language sql immutable as 'select 0';
create function lt(a point, b point) returns boolean language sql immutable as 'select true';
create operator <<<| (function = lt, leftarg = point, rightarg = point);
create operator class point_ops default for type point using btree as operator 1 <<<|, function 1 cmp(point, point);
comment on operator class point_ops using btree is 'class';
comment on operator family point_ops using btree is 'family';

-- old
create function eq(a box, b box) returns boolean language sql immutable as 'select true';
create function ne(a box, b box) returns boolean language sql immutable as 'select false';
-- new
create function eq(a box, b box) returns boolean language sql immutable as 'select true';
create function ne(a box, b box) returns boolean language sql immutable as 'select false';
create operator === (function = eq, leftarg = box, rightarg = box, commutator = ===, negator = !==, restrict = eqsel, join = eqjoinsel, hashes, merges);
create operator !== (function = ne, leftarg = box, rightarg = box, commutator = !==, negator = ===, restrict = neqsel, join = neqjoinsel);
create function neg(a box) returns box language sql immutable as 'select $1';
create operator !! (function = neg, rightarg = box);
comment on operator === (box, box) is 'same';
comment on operator !! (none, box) is 'prefix';

-- old
create function pick(anyarray, int) returns anyelement language sql immutable as 'select $1[$2]';
-- new
create function pick(anyarray, int) returns anyelement language sql immutable strict as 'select $1[$2]';
create function rn() returns bigint language internal window as 'window_row_number';

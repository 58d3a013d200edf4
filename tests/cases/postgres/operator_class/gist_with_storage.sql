-- old
create table keep (a int);
-- new
create table keep (a int);
create operator family boxes using gist;
create operator class box_ops2 for type box using gist family boxes as
  operator 1 <<, operator 3 &&, function 1 gist_box_consistent(internal, box, smallint, oid, internal),
  function 2 gist_box_union(internal, internal), function 5 gist_box_penalty(internal, internal, internal),
  function 6 gist_box_picksplit(internal, internal), function 7 gist_box_same(box, box, internal);
create operator class poly_ops2 for type polygon using gist family boxes as
  operator 3 &&, function 1 gist_poly_consistent(internal, polygon, smallint, oid, internal),
  function 2 gist_box_union(internal, internal), function 3 gist_poly_compress(internal), function 5 gist_box_penalty(internal, internal, internal),
  function 6 gist_box_picksplit(internal, internal), function 7 gist_box_same(box, box, internal), storage box;

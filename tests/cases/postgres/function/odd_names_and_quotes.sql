-- old
create schema "S p";
-- new
create schema "S p";
create function "S p"."F""x"("Arg" int, "select" text default 'it''s $$ \n') returns text language plpgsql as $body$
begin
  -- a ; and a $function$ in it
  return 'x';
end
$body$;
comment on function "S p"."F""x" is 'c';

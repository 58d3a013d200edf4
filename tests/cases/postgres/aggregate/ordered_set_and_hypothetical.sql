-- old
create aggregate keep(*) (sfunc = int8inc, stype = int8, initcond = '0');
-- new
create aggregate keep(*) (sfunc = int8inc, stype = int8, initcond = '0');
comment on aggregate keep(*) is 'star';
create aggregate my_percentile(float8 order by anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
create aggregate my_rank(variadic "any" order by variadic "any") (sfunc = ordered_set_transition_multi, stype = internal, finalfunc = rank_final, finalfunc_extra, hypothetical);
comment on aggregate my_percentile(float8 order by anyelement) is 'percentile';
grant execute on function my_percentile(float8, anyelement) to pg_monitor;

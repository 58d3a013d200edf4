-- old
create aggregate s(float8) (sfunc = float8_accum, stype = float8[], finalfunc = float8_avg, initcond = '{0,0,0}');
-- new
create aggregate s(float8) (sfunc = float8_accum, stype = float8[], finalfunc = float8_avg, combinefunc = float8_combine, initcond = '{0,0,0}', sspace = 100, finalfunc_modify = shareable);
create aggregate i(int4) (sfunc = int4_sum, stype = int8, msfunc = int4_avg_accum, minvfunc = int4_avg_accum_inv, mstype = int8[], mfinalfunc = int2int4_sum, minitcond = '{0,0}');
create aggregate lowest(int4) (sfunc = int4smaller, stype = int4, sortop = <);

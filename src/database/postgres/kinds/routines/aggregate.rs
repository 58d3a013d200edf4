//! Aggregates: plain, ordered-set, hypothetical-set, moving.

use crate::database::postgres::kinds::address::{create_as_defined, drop_by_address};
use crate::database::postgres::kinds::{QueryContext, function, privilege};
use crate::database::postgres::trust;
use crate::schema::kind::Kind;

pub static KIND: Kind = Kind {
    name: "aggregate",
    create: create_as_defined,
    drop: drop_by_address,
    rename: Some(function::rename),
    drop_during_rewrite: |_| true,
    claimed_names: function::claimed_names,
    after_create: privilege::after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    let path = function::PATH;
    // A state's final function may read or share it: `r` is the default of plain aggregates, `w` of ordered-set ones.
    let modify = |column: &str, option: &str| {
        format!(
            "CASE WHEN a.{column} <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END
                  THEN '{option} = ' || CASE a.{column} WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END"
        )
    };
    let support = |column: &str, option: &str| {
        format!(
            "'{option} = ' || (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = a.{column})"
        )
    };
    format!(
        "SELECT 'pg_proc'::regclass::oid AS _class, p.oid AS _oid, {path} AS _path,
                '(' || s.signature || ')' AS _known_signature, {stranger} AS _known_stranger,
                format(E'CREATE AGGREGATE %I.%I(%s) (\\n    ', n.nspname, p.proname, s.arguments) || concat_ws(E',\\n    ',
                    {sfunc},
                    'STYPE = ' || format_type(a.aggtranstype, NULL),
                    CASE WHEN a.aggtransspace <> 0 THEN 'SSPACE = ' || a.aggtransspace END,
                    {finalfunc},
                    CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
                    CASE WHEN a.aggfinalfn <> 0 THEN {final_modify} END,
                    {combinefunc}, {serialfunc}, {deserialfunc},
                    'INITCOND = ' || quote_literal(a.agginitval),
                    {msfunc}, {minvfunc},
                    CASE WHEN a.aggmtranstype <> 0 THEN 'MSTYPE = ' || format_type(a.aggmtranstype, NULL) END,
                    CASE WHEN a.aggmtransspace <> 0 THEN 'MSSPACE = ' || a.aggmtransspace END,
                    {mfinalfunc},
                    CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
                    CASE WHEN a.aggmfinalfn <> 0 THEN {mfinal_modify} END,
                    'MINITCOND = ' || quote_literal(a.aggminitval),
                    'SORTOP = OPERATOR(' || (SELECT quote_ident(opn.nspname) || '.' || o.oprname FROM pg_operator o JOIN pg_namespace opn ON opn.oid = o.oprnamespace WHERE o.oid = a.aggsortop) || ')',
                    CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END,
                    CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END) || E'\\n)' AS definition
         FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_aggregate a ON a.aggfnoid = p.oid
              CROSS JOIN LATERAL (SELECT coalesce(nullif(pg_get_function_identity_arguments(p.oid), ''), '*') AS signature,
                                         coalesce(nullif(pg_get_function_arguments(p.oid), ''), '*') AS arguments) s
         WHERE p.oid >= 16384 AND {in_scope} AND {own}",
        sfunc = support("aggtransfn", "SFUNC"),
        finalfunc = support("aggfinalfn", "FINALFUNC"),
        final_modify = modify("aggfinalmodify", "FINALFUNC_MODIFY"),
        combinefunc = support("aggcombinefn", "COMBINEFUNC"),
        serialfunc = support("aggserialfn", "SERIALFUNC"),
        deserialfunc = support("aggdeserialfn", "DESERIALFUNC"),
        msfunc = support("aggmtransfn", "MSFUNC"),
        minvfunc = support("aggminvtransfn", "MINVFUNC"),
        mfinalfunc = support("aggmfinalfn", "MFINALFUNC"),
        mfinal_modify = modify("aggmfinalmodify", "MFINALFUNC_MODIFY"),
        in_scope = asked.schema("n.nspname"),
        own = asked.own("pg_proc", "p.oid"),
        stranger = trust::stranger("p.proowner", "true"),
    )
}

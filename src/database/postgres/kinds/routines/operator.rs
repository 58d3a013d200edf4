//! Operators.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{create_as_defined, drop_by_address};
use crate::schema::kind::Kind;

pub static KIND: Kind = Kind {
    name: "operator",
    create: create_as_defined,
    drop: drop_by_address,
    drop_during_rewrite: |_| true,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    let other = |column: &str, option: &str| {
        format!(
            "'{option} = OPERATOR(' || (SELECT quote_ident(xn.nspname) || '.' || x.oprname FROM pg_operator x JOIN pg_namespace xn ON xn.oid = x.oprnamespace WHERE x.oid = o.{column}) || ')'"
        )
    };
    let function = |column: &str, option: &str| {
        format!(
            "'{option} = ' || (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = o.{column})"
        )
    };
    // An operator without a function is only a promise that another one's COMMUTATOR or NEGATOR made.
    format!(
        "SELECT 'pg_operator'::regclass::oid AS _class, o.oid AS _oid,
                ARRAY[n.nspname, o.oprname, format('(%s, %s)', t.left, t.right)]::text[] AS _path,
                format(E'CREATE OPERATOR %I.%s (\\n    ', n.nspname, o.oprname) || concat_ws(E',\\n    ',
                    {function},
                    'LEFTARG = ' || nullif(t.left, 'NONE'), 'RIGHTARG = ' || nullif(t.right, 'NONE'),
                    {commutator}, {negator}, {restrict}, {join},
                    CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END) || E'\\n)' AS definition
         FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
              CROSS JOIN LATERAL (SELECT CASE o.oprleft WHEN 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END AS left,
                                         CASE o.oprright WHEN 0 THEN 'NONE' ELSE format_type(o.oprright, NULL) END AS right) t
         WHERE o.oprcode <> 0 AND o.oid >= 16384 AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_operator", "o.oid"),
        function = function("oprcode", "FUNCTION"),
        commutator = other("oprcom", "COMMUTATOR"),
        negator = other("oprnegate", "NEGATOR"),
        restrict = function("oprrest", "RESTRICT"),
        join = function("oprjoin", "JOIN"),
    )
}

//! Casts. They belong to no schema: one whose types and function are all outside the configured schemas is not managed.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{create_as_defined, drop_by_address};
use crate::schema::kind::Kind;

pub static KIND: Kind = Kind {
    name: "cast",
    create: create_as_defined,
    drop: drop_by_address,
    drop_during_rewrite: |_| true,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_cast'::regclass::oid AS _class, c.oid AS _oid, ARRAY[t.pair] AS _path,
                'CREATE CAST ' || t.pair || CASE c.castmethod WHEN 'f' THEN ' WITH FUNCTION ' || c.castfunc::regprocedure
                    WHEN 'i' THEN ' WITH INOUT' ELSE ' WITHOUT FUNCTION' END
                    || CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END AS definition
         FROM pg_cast c
              CROSS JOIN LATERAL (SELECT format('(%s AS %s)', format_type(c.castsource, NULL), format_type(c.casttarget, NULL)) AS pair) t
              CROSS JOIN LATERAL (
                SELECT bool_or({}) AS ours, bool_and(n.nspname = 'pg_catalog') AS of_the_system FROM (
                    SELECT y.typnamespace AS oid FROM pg_type y WHERE y.oid IN (c.castsource, c.casttarget)
                    UNION ALL SELECT p.pronamespace FROM pg_proc p WHERE p.oid = c.castfunc) x
                JOIN pg_namespace n ON n.oid = x.oid) homes
         WHERE c.oid >= 16384 AND (homes.ours OR homes.of_the_system) AND {}
               -- A range's cast to its multirange comes with it.
               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'i')",
        asked.schema("n.nspname"),
        asked.own("pg_cast", "c.oid"),
    )
}

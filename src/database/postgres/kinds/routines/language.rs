//! Procedural languages that come from no extension.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{create_as_defined, drop_by_address, rename_by_address};
use crate::schema::kind::Kind;

pub static KIND: Kind = Kind {
    name: "language",
    create: create_as_defined,
    drop: drop_by_address,
    rename: Some(rename_by_address),
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    let function = |column: &str, option: &str| {
        format!(
            "' {option} ' || (SELECT format('%I.%I', fn.nspname, f.proname) FROM pg_proc f JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = l.{column})"
        )
    };
    format!(
        "SELECT 'pg_language'::regclass::oid AS _class, l.oid AS _oid, ARRAY[l.lanname::text] AS _path,
                format('CREATE %sLANGUAGE %I', CASE WHEN l.lanpltrusted THEN 'TRUSTED ' ELSE '' END, l.lanname)
                || concat({}, {}, {}) AS definition
         FROM pg_language l
         WHERE l.lanispl AND l.oid >= 16384 AND {}",
        function("lanplcallfoid", "HANDLER"),
        function("laninline", "INLINE"),
        function("lanvalidator", "VALIDATOR"),
        asked.own("pg_language", "l.oid"),
    )
}

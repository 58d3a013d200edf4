//! Text search parsers.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{create_as_defined, drop_by_address, rename_by_address};
use crate::schema::kind::Kind;

pub static KIND: Kind = Kind {
    name: "text search parser",
    create: create_as_defined,
    drop: drop_by_address,
    rename: Some(rename_by_address),
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    let function = |column: &str, option: &str| {
        format!(
            "'{option} = ' || (SELECT format('%I.%I', fn.nspname, f.proname) FROM pg_proc f JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = p.{column})"
        )
    };
    format!(
        "SELECT 'pg_ts_parser'::regclass::oid AS _class, p.oid AS _oid, ARRAY[n.nspname, p.prsname]::text[] AS _path,
                format('CREATE TEXT SEARCH PARSER %I.%I (', n.nspname, p.prsname)
                || concat_ws(', ', {}, {}, {}, {}, {}) || ')' AS definition
         FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = p.prsnamespace
         WHERE p.oid >= 16384 AND {} AND {}",
        function("prsstart", "START"),
        function("prstoken", "GETTOKEN"),
        function("prsend", "END"),
        function("prsheadline", "HEADLINE"),
        function("prslextype", "LEXTYPES"),
        asked.schema("n.nspname"),
        asked.own("pg_ts_parser", "p.oid"),
    )
}

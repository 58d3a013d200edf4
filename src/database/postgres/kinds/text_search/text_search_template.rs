//! Text search templates.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{create_as_defined, drop_by_address, rename_by_address};
use crate::schema::kind::Kind;

pub static KIND: Kind = Kind {
    name: "text search template",
    create: create_as_defined,
    drop: drop_by_address,
    rename: Some(rename_by_address),
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    let function = |column: &str, option: &str| {
        format!(
            "'{option} = ' || (SELECT format('%I.%I', fn.nspname, f.proname) FROM pg_proc f JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = t.{column})"
        )
    };
    format!(
        "SELECT 'pg_ts_template'::regclass::oid AS _class, t.oid AS _oid, ARRAY[n.nspname, t.tmplname]::text[] AS _path,
                format('CREATE TEXT SEARCH TEMPLATE %I.%I (', n.nspname, t.tmplname) || concat_ws(', ', {}, {}) || ')' AS definition
         FROM pg_ts_template t JOIN pg_namespace n ON n.oid = t.tmplnamespace
         WHERE t.oid >= 16384 AND {} AND {}",
        function("tmplinit", "INIT"),
        function("tmpllexize", "LEXIZE"),
        asked.schema("n.nspname"),
        asked.own("pg_ts_template", "t.oid"),
    )
}

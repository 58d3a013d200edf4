//! Conversions between encodings.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{create_as_defined, drop_by_address, rename_by_address};
use crate::schema::kind::Kind;

pub static KIND: Kind = Kind {
    name: "conversion",
    create: create_as_defined,
    drop: drop_by_address,
    rename: Some(rename_by_address),
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_conversion'::regclass::oid AS _class, c.oid AS _oid, ARRAY[n.nspname, c.conname]::text[] AS _path,
                format('CREATE %sCONVERSION %I.%I FOR %L TO %L FROM %s', CASE WHEN c.condefault THEN 'DEFAULT ' ELSE '' END,
                    n.nspname, c.conname, pg_encoding_to_char(c.conforencoding), pg_encoding_to_char(c.contoencoding),
                    (SELECT format('%I.%I', fn.nspname, f.proname) FROM pg_proc f JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = c.conproc)) AS definition
         FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace
         WHERE c.oid >= 16384 AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_conversion", "c.oid"),
    )
}

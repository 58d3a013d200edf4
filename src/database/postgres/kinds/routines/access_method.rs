//! Access methods of tables and indexes: names for handlers, which are C functions.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{create_as_defined, drop_by_address};
use crate::schema::kind::Kind;

pub static KIND: Kind =
    Kind { name: "access method", create: create_as_defined, drop: drop_by_address, ..Kind::REPLACED };

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_am'::regclass::oid AS _class, m.oid AS _oid, ARRAY[m.amname::text] AS _path,
                format('CREATE ACCESS METHOD %I TYPE %s HANDLER %I.%I', m.amname,
                    CASE m.amtype WHEN 't' THEN 'TABLE' ELSE 'INDEX' END, n.nspname, p.proname) AS definition
         FROM pg_am m JOIN pg_proc p ON p.oid = m.amhandler JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE m.oid >= 16384 AND {}",
        asked.own("pg_am", "m.oid"),
    )
}

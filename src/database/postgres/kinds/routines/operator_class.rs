//! Operator classes, with the members that they can't be without; the others are attached to the family.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{create_as_defined, drop_by_address};
use crate::database::postgres::kinds::operator_family::members;
use crate::schema::kind::Kind;

pub static KIND: Kind = Kind {
    name: "operator class",
    create: create_as_defined,
    drop: drop_by_address,
    drop_during_rewrite: |_| true,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    let members = members("'pg_opclass'::regclass", "c.oid", "i");
    format!(
        "SELECT 'pg_opclass'::regclass::oid AS _class, c.oid AS _oid, ARRAY[n.nspname, c.opcname, m.amname]::text[] AS _path,
                format(E'CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I FAMILY %I.%I AS\\n    ', n.nspname, c.opcname,
                    CASE WHEN c.opcdefault THEN ' DEFAULT' ELSE '' END, format_type(c.opcintype, NULL), m.amname, fn.nspname, f.opfname)
                || array_to_string({members} || CASE WHEN c.opckeytype <> 0 OR {members} = '{{}}'
                    THEN ARRAY['STORAGE ' || format_type(CASE c.opckeytype WHEN 0 THEN c.opcintype ELSE c.opckeytype END, NULL)] END, E',\\n    ') AS definition
         FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace JOIN pg_am m ON m.oid = c.opcmethod
              JOIN pg_opfamily f ON f.oid = c.opcfamily JOIN pg_namespace fn ON fn.oid = f.opfnamespace
         WHERE c.oid >= 16384 AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_opclass", "c.oid"),
    )
}

//! Extensions. A member of one is never an object of its own: it is created and dropped with the extension.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::drop_by_address;
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::schema::{Object, Value};
use crate::sql::quote::{identifier, literal};
use crate::sql::{Statement, Syntax};

pub static KIND: Kind = Kind {
    name: "extension",
    create,
    drop: drop_by_address,
    alter,
    // The rows of its own tables may be anybody's (those of spatial_ref_sys).
    holds_data: |object, _| known(object, "tables"),
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_extension'::regclass::oid AS _class, e.oid AS _oid, ARRAY[e.extname::text] AS _path,
                n.nspname::text AS schema, e.extversion AS version,
                v.default_version IS NOT DISTINCT FROM e.extversion AS _known_default_version,
                e.extrelocatable AS _known_relocatable,
                EXISTS (SELECT FROM pg_depend d JOIN pg_class c ON c.oid = d.objid WHERE d.classid = 'pg_class'::regclass
                        AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e' AND c.relkind = 'r') AS _known_tables,
                -- A schema that the extension itself makes can't be named when it is created.
                EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid
                        AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e') AS _known_own_schema
         FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
              LEFT JOIN pg_available_extensions v ON v.name = e.extname
         WHERE e.extname <> 'plpgsql' AND ({} OR n.nspname = 'pg_catalog' OR EXISTS (
                SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e'))",
        asked.schema("n.nspname"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let mut text = format!("CREATE EXTENSION {}", identifier(object.id.name()));
    if !known(object, "own_schema") {
        text.push_str(&format!(" WITH SCHEMA {}", identifier(object.text("schema").unwrap_or_default())));
    }
    if !known(object, "default_version") {
        text.push_str(&format!(" VERSION {}", version(object.text("version"))));
    }
    vec![Statement::new(text, &object.id)]
}

fn alter(change: &mut Change) {
    let name = identifier(change.after.id.name());
    // An extension brings scripts that lead to newer versions; back, it is only recreated.
    if newer(change.after.text("version"), change.before.text("version")) && change.claim("version") {
        change.push_statement(format!("ALTER EXTENSION {name} UPDATE TO {}", version(change.after.text("version"))));
    }
    if known(change.before, "relocatable") && change.claim("schema") {
        let schema = identifier(change.after.text("schema").unwrap_or_default());
        change.push_statement(format!("ALTER EXTENSION {name} SET SCHEMA {schema}"));
    }
}

fn known(object: &Object, fact: &str) -> bool {
    object.known.get(fact) == Some(&Value::Flag(true))
}

fn newer(one: Option<&str>, other: Option<&str>) -> bool {
    let parts = |version: Option<&str>| -> Vec<u64> {
        let parts = version.unwrap_or_default().split(|c: char| !c.is_ascii_digit());
        parts.filter_map(|part| part.parse().ok()).collect()
    };
    parts(one) > parts(other)
}

fn version(version: Option<&str>) -> String {
    literal(version.unwrap_or_default(), Syntax::Postgres)
}

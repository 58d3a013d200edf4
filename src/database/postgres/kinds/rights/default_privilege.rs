//! Default privileges: what a role's new objects grant by themselves, everywhere or in one schema.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::role;
use crate::database::postgres::kinds::privilege::{self, Grant, exploded};
use crate::schema::Object;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "default privilege",
    create: |creation: &Creation| {
        lead(creation.object, creation.object.known_list("default"), creation.object.list("granted"))
    },
    drop: |object, _| lead(object, object.list("granted"), object.known_list("default")),
    alter: |change| {
        if change.claim("granted") {
            let statements = lead(change.after, change.before.list("granted"), change.after.list("granted"));
            change.statements.extend(statements);
        }
    },
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    // In pg_default_acl a sequence is `S`, for acldefault it is `s`. A schema's entry holds only what it adds.
    format!(
        "SELECT array_remove(ARRAY[r.rolname, n.nspname, t.word, CASE g.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) END]::text[], NULL) AS _path,
                CASE WHEN n.oid IS NOT NULL THEN 'schema' END AS _needs_kind, CASE WHEN n.oid IS NOT NULL THEN ARRAY[n.nspname::text] END AS _needs,
                g.list AS granted, g.standard AS _known_default,
                (SELECT x.list FROM ({everybody}) x WHERE x.grantee = 0) AS _known_born,
                (SELECT x.list FROM ({everybody}) x WHERE x.grantee = d.defaclrole) AS _known_owners,
                r.rolname = current_user AS _known_own
         FROM pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
              JOIN (VALUES ('r', 'TABLES'), ('S', 'SEQUENCES'), ('f', 'FUNCTIONS'), ('T', 'TYPES'), ('n', 'SCHEMAS'), ('L', 'LARGE OBJECTS')) t (code, word) ON t.code = d.defaclobjtype
              CROSS JOIN LATERAL (
              SELECT coalesce(now.grantee, born.grantee) AS grantee, now.list, born.list AS standard
              FROM ({now}) now FULL JOIN ({born}) born ON born.grantee = now.grantee
              WHERE now.list IS DISTINCT FROM born.list) g
         WHERE n.oid IS NULL OR {in_scope}",
        everybody = exploded(STANDARD, "d.defaclrole"),
        now = exploded("d.defaclacl", "d.defaclrole"),
        born = exploded(&format!("CASE WHEN n.oid IS NULL THEN {STANDARD} END"), "d.defaclrole"),
        in_scope = asked.schema("n.nspname"),
    )
}

const STANDARD: &str =
    "acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END::\"char\", d.defaclrole)";

/// Returns the word for objects of this kind in ALTER DEFAULT PRIVILEGES, where there is one.
pub fn type_of(kind: &str) -> Option<&'static str> {
    match kind {
        "table" | "view" | "materialized view" | "foreign table" => Some("TABLES"),
        "sequence" => Some("SEQUENCES"),
        "function" | "procedure" | "aggregate" => Some("FUNCTIONS"),
        "enum" | "domain" | "composite" | "range" => Some("TYPES"),
        "schema" => Some("SCHEMAS"),
        _ => None,
    }
}

fn lead(object: &Object, old: &[String], new: &[String]) -> Vec<Statement> {
    let path: Vec<&str> = object.id.path.iter().map(String::as_str).collect();
    let (owner, schema, of, grantee) = match path[..] {
        [owner, schema, of, grantee] => (owner, Some(schema), of, grantee),
        [owner, of, grantee] => (owner, None, of, grantee),
        _ => return Vec::new(),
    };
    let within = schema.map(|schema| format!(" IN SCHEMA {}", identifier(schema))).unwrap_or_default();
    let before = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}{within} ", identifier(owner));
    privilege::say(object, &Grant { before: &before, column: "", on: of, to: &role(grantee) }, old, new)
}

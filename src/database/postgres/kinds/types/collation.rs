//! Collations.

use crate::database::postgres::kinds::address::{create_as_defined, drop_by_address, rename_by_address};
use crate::database::postgres::kinds::{QueryContext, recreate_type};
use crate::schema::kind::Kind;

pub static KIND: Kind = Kind {
    name: "collation",
    create: create_as_defined,
    drop: drop_by_address,
    alter: |change| {
        if recreate_type::is_held(change) {
            recreate_type::remake(change, recreate_type::Lead::Text);
        }
    },
    rename: Some(rename_by_address),
    propagates_rewrite: |_| true,
    claimed_names: |object| vec![format!("collation {}", object.id)],
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    // PostgreSQL 15 brought ICU locales of their own, 16 rules, 17 the builtin provider and one name for all of it.
    let locale = match asked.version {
        170_000.. => "c.colllocale",
        150_000.. => "c.colliculocale",
        _ => "NULL::text",
    };
    let rules = if asked.version >= 160_000 { "c.collicurules" } else { "NULL::text" };
    format!(
        "SELECT 'pg_collation'::regclass::oid AS _class, c.oid AS _oid, ARRAY[n.nspname, c.collname]::text[] AS _path,
                format('CREATE COLLATION %I.%I (', n.nspname, c.collname) || concat_ws(', ',
                    'provider = ' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
                    CASE WHEN NOT c.collisdeterministic THEN 'deterministic = false' END,
                    CASE WHEN c.collprovider IN ('i', 'b') THEN 'locale = ' || quote_literal(coalesce({locale}, c.collcollate))
                         WHEN c.collcollate = c.collctype THEN 'locale = ' || quote_literal(c.collcollate)
                         ELSE format('lc_collate = %L, lc_ctype = %L', c.collcollate, c.collctype) END,
                    'rules = ' || quote_literal({rules})) || ')' AS definition
         FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
         WHERE c.oid >= 16384 AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_collation", "c.oid"),
    )
}

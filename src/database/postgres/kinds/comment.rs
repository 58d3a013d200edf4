//! Comments on anything that has an address.
//!
//! The comments that a new database or an extension's own control file brings are no objects; where one of those was
//! taken away there is an object without a text.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::address;
use crate::schema::kind::{Creation, Kind};
use crate::schema::{Catalog, Object};
use crate::sql::quote::{identifier, literal, qualified};
use crate::sql::{Statement, Syntax};

pub static KIND: Kind = Kind {
    name: "comment",
    create: |creation: &Creation| vec![say(creation.object, creation.object.text("text"), creation.catalog)],
    drop: |object, catalog| vec![say(object, object.known_text("default"), catalog)],
    alter: |change| {
        if change.claim("text") {
            change.statements.push(say(change.after, change.after.text("text"), change.to));
        }
    },
    ..Kind::REPLACED
};

pub fn query(_: &QueryContext) -> String {
    format!(
        "SELECT {ON}, CASE WHEN x.index IS NOT NULL THEN ARRAY['index'] ELSE {PATH} END AS _path, d.description AS text,
                {BROUGHT} AS _known_default, x.index AS _known_index, {SEQUENCE} AS _known_sequence
         FROM pg_description d
              LEFT JOIN pg_class c ON d.classoid = 'pg_class'::regclass AND c.oid = d.objoid
              LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
              -- The index of a constraint has a comment of its own besides the constraint's.
              LEFT JOIN LATERAL (SELECT xc.oid, format('%I.%I', xn.nspname, c.relname) AS index FROM pg_constraint xc, pg_namespace xn
                                 WHERE c.relkind IN ('i', 'I') AND xc.conindid = c.oid AND xc.contype IN ('p', 'u', 'x') AND xn.oid = c.relnamespace) x ON true
         WHERE (d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass) AND d.description IS DISTINCT FROM {BROUGHT}
         UNION ALL
         SELECT d.classoid, d.objoid, 0, '{{}}', NULL, {BROUGHT}, NULL, NULL
         FROM (SELECT 'pg_namespace'::regclass::oid AS classoid, oid AS objoid FROM pg_namespace WHERE nspname = 'public'
               UNION ALL SELECT 'pg_extension'::regclass, oid FROM pg_extension) d
         WHERE {BROUGHT} IS NOT NULL
               AND NOT EXISTS (SELECT FROM pg_description h WHERE h.classoid = d.classoid AND h.objoid = d.objoid AND h.objsubid = 0)"
    )
}

/// What the row `d` of `pg_description` is attached to; `c` is its relation, `a` its column and `x` its constraint, if it is a
/// constraint's index.
const ON: &str = "CASE WHEN x.oid IS NOT NULL THEN 'pg_constraint'::regclass ELSE d.classoid END AS _on_class,
    CASE WHEN x.oid IS NOT NULL THEN x.oid WHEN c.relkind = 'S' THEN coalesce((SELECT i.refobjid FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = c.oid AND i.deptype = 'i'), d.objoid) ELSE d.objoid END AS _on_oid,
    CASE WHEN c.relkind = 'S' THEN coalesce((SELECT i.refobjsubid FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = c.oid AND i.deptype = 'i'), 0)
         WHEN c.relkind IN ('r', 'p', 'f') THEN d.objsubid ELSE 0 END AS _on_sub";

/// A column that is not an object itself is named after its parent.
const PATH: &str = "CASE WHEN c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = c.oid AND i.deptype = 'i') THEN ARRAY['sequence']
    WHEN a.attname IS NULL OR c.relkind IN ('r', 'p', 'f') THEN '{}' ELSE ARRAY[a.attname::text] END";

/// An identity column's sequence, which is no object itself.
const SEQUENCE: &str = "CASE WHEN c.relkind = 'S' THEN (SELECT format('%I.%I', sn.nspname, c.relname) FROM pg_namespace sn WHERE sn.oid = c.relnamespace) END";

/// The comment that the object of the row `d` was born with.
const BROUGHT: &str = "CASE d.classoid
    WHEN 'pg_namespace'::regclass THEN (SELECT 'standard public schema' FROM pg_namespace s WHERE s.oid = d.objoid AND s.nspname = 'public')
    WHEN 'pg_extension'::regclass THEN (SELECT v.comment FROM pg_extension e JOIN pg_available_extensions v ON v.name = e.extname WHERE e.oid = d.objoid) END";

fn say(comment: &Object, text: Option<&str>, catalog: &Catalog) -> Statement {
    let text = text.map_or("NULL".to_owned(), |text| literal(text, Syntax::Postgres));
    Statement::new(format!("COMMENT ON {} IS {text}", on(comment, catalog)), &comment.id)
}

fn on(comment: &Object, catalog: &Catalog) -> String {
    let Some(holder) = &comment.parent else { return String::new() };
    let own = comment.id.path.get(1 + holder.path.len()..).unwrap_or_default();
    match (own, comment.known_text("index"), comment.known_text("sequence")) {
        ([_], Some(index), _) => format!("INDEX {index}"),
        ([_], _, Some(sequence)) => format!("SEQUENCE {sequence}"),
        ([column], ..) => format!("COLUMN {}.{}", qualified(&holder.path), identifier(column)),
        _ => catalog.get(holder).map(address).unwrap_or_default(),
    }
}

//! Functions and window functions, as `pg_get_functiondef` prints them.
//!
//! The server replaces one in place as long as its result, the names of its inputs and the number of its defaults let it
//! (manual, CREATE FUNCTION, "Notes"); `_known_…` columns say that.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{address, depends_on_extensions, drop_by_address};
use crate::database::postgres::kinds::privilege;
use crate::database::postgres::trust;
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::schema::{Catalog, Object};
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "function",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(rename),
    drop_during_rewrite: |_| true,
    claimed_names,
    after_create: privilege::after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    routines(asked, "p.prokind IN ('f', 'w')")
}

/// Reads the routines that `condition` on `p` names.
pub fn routines(asked: &QueryContext, condition: &str) -> String {
    format!(
        "SELECT 'pg_proc'::regclass::oid AS _class, p.oid AS _oid, {PATH} AS _path,
                rtrim(pg_get_functiondef(p.oid), E'\\n') AS definition,
                {EXTENSIONS} AS extensions,
                concat_ws(' ', p.prokind, p.proretset, format_type(p.prorettype, NULL), outs.list) AS _known_result,
                ins.list AS _known_inputs, p.pronargdefaults::text AS _known_defaults, {stranger} AS _known_stranger
         FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
              CROSS JOIN LATERAL (
                SELECT array_agg(coalesce(p.proargnames[i], '') ORDER BY i) AS list
                FROM generate_series(1, coalesce(array_length(p.proallargtypes, 1), p.pronargs)) i
                WHERE p.proargmodes IS NULL OR p.proargmodes[i] IN ('i', 'b', 'v')) ins
              CROSS JOIN LATERAL (
                SELECT string_agg(format('%s %s %s', p.proargmodes[i], p.proargnames[i], format_type(p.proallargtypes[i], NULL)), ',' ORDER BY i) AS list
                FROM generate_series(1, array_length(p.proallargtypes, 1)) i
                WHERE p.proargmodes[i] IN ('o', 'b', 't')) outs
         WHERE p.oid >= 16384 AND {condition} AND {} AND {} AND {OWN}",
        asked.schema("n.nspname"),
        asked.own("pg_proc", "p.oid"),
        // A trigger's function is called by nothing but triggers.
        stranger = trust::stranger("p.proowner", "p.prorettype <> 'trigger'::regtype"),
    )
}

/// A routine's path: its identity is its name and the types of its inputs.
pub const PATH: &str = "ARRAY[n.nspname, p.proname, '(' || array_to_string(ARRAY(
    SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY u (t, i) ORDER BY i), ', ') || ')']::text[]";

/// A range's constructors and its canonical function come with it.
pub const OWN: &str = "NOT EXISTS (SELECT FROM pg_range r WHERE r.rngcanonical = p.oid) AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')";

/// The extensions with which a routine is dropped (`DEPENDS ON EXTENSION`).
const EXTENSIONS: &str = "ARRAY(SELECT e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'x' AND d.refclassid = 'pg_extension'::regclass ORDER BY 1)";

pub fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let text = object.written("definition").unwrap_or_default();
    let text = text.strip_prefix("CREATE OR REPLACE ").map_or(text.to_owned(), |rest| format!("CREATE {rest}"));
    let mut statements = vec![Statement::new(text, &object.id)];
    statements.extend(depends_on_extensions(object, &[], object.list("extensions")));
    statements
}

pub fn alter(change: &mut Change) {
    if change.differs("definition") && replaceable(change.before, change.after) && change.claim("definition") {
        change.push_statement(change.after.written("definition").unwrap_or_default());
    }
    if change.claim("extensions") {
        let more =
            depends_on_extensions(change.after, change.before.list("extensions"), change.after.list("extensions"));
        change.statements.extend(more);
    }
}

/// Its own name is the last but one of its path.
pub fn rename(object: &Object, name: &str, _: &Catalog) -> Vec<Statement> {
    vec![Statement::new(format!("ALTER {} RENAME TO {}", address(object), identifier(name)), &object.id)]
}

pub fn claimed_names(object: &Object) -> Vec<String> {
    vec![format!("routine {}", object.id.path.join("."))]
}

fn replaceable(before: &Object, after: &Object) -> bool {
    let (old, new) = (before.known_list("inputs"), after.known_list("inputs"));
    let named_alike = old.iter().zip(new).all(|(old, new)| old.is_empty() || old == new);
    let defaults = |object: &Object| object.known_text("defaults").and_then(|text| text.parse().ok()).unwrap_or(0u32);
    before.known_text("result") == after.known_text("result") && named_alike && defaults(after) >= defaults(before)
}

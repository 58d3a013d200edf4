//! Views.

use std::borrow::Cow;

use crate::database::postgres::kinds::address::{drop_by_address, rename_by_address};
use crate::database::postgres::kinds::{QueryContext, options, privilege};
use crate::database::postgres::spelling::bare_lists;
use crate::database::postgres::trust;
use crate::schema::Object;
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::sql::quote::qualified;
use crate::sql::token::tokens;
use crate::sql::{Statement, Syntax};

pub static KIND: Kind = Kind {
    name: "view",
    create: |creation: &Creation| vec![create(creation.object, "CREATE VIEW")],
    drop: drop_by_address,
    alter,
    rename: Some(rename_by_address),
    drop_during_rewrite: |_| true,
    claimed_names,
    after_create: privilege::after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, c.oid AS _oid, ARRAY[n.nspname, c.relname]::text[] AS _path,
                {DEFINITION} AS definition, c.reloptions AS options, {COLUMNS} AS _known_columns, {stranger} AS _known_stranger
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'v' AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
        stranger = trust::stranger(
            "c.relowner",
            &format!("EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid AND {})", trust::is_volatile("w.ev_action"))
        ),
    )
}

/// The query of a view or materialized view, without the semicolon.
pub const DEFINITION: &str = "rtrim(pg_get_viewdef(c.oid), ';')";

/// The columns: name, type, collation.
pub const COLUMNS: &str = "ARRAY(SELECT concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), nullif(a.attcollation, 0)::regcollation)
    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 ORDER BY a.attnum)";

pub fn claimed_names(object: &Object) -> Vec<String> {
    let name = qualified(&object.id.path);
    vec![format!("relation {name}"), format!("type {name}")]
}

fn create(object: &Object, verb: &str) -> Statement {
    let (name, with) = (qualified(&object.id.path), options::with(object.list("options")));
    let (columns, query) = columns_and_query(object);
    Statement::new(format!("{verb} {name}{columns}{with} AS\n{query}"), &object.id)
}

/// Returns ` (a, b)` where only names in front of the query make the server print it so again, and the query.
pub fn columns_and_query(object: &Object) -> (String, Cow<'_, str>) {
    let query = object.written("definition").unwrap_or_default();
    let Some(bare) = bare_lists(query) else { return (String::new(), Cow::Borrowed(query)) };
    let name = |column: &String| {
        let first = tokens(column, Syntax::Postgres).next();
        first.map(|token| token.text(column).to_owned())
    };
    let names: Vec<String> = object.known_list("columns").iter().filter_map(name).collect();
    (format!(" ({})", names.join(", ")), Cow::Owned(bare))
}

fn alter(change: &mut Change) {
    // CREATE OR REPLACE keeps the columns that are there, in order, and may add others behind them.
    let (old, new) = (change.before.known_list("columns"), change.after.known_list("columns"));
    if change.differs("definition") && new.starts_with(old) {
        change.claim("definition");
        change.claim("options");
        change.statements.push(create(change.after, "CREATE OR REPLACE VIEW"));
    } else if !change.differs("definition") && change.claim("options") {
        let name = qualified(&change.after.id.path);
        for action in options::set_and_reset_in_order(change.before.list("options"), change.after.list("options")) {
            change.push_statement(format!("ALTER VIEW {name} {action}"));
        }
    }
}

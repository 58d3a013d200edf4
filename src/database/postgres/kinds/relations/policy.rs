//! Row security policies.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{address, drop_by_address, rename_by_address, role};
use crate::schema::Object;
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;

pub static KIND: Kind = Kind {
    name: "policy",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(rename_by_address),
    drop_during_rewrite: |_| true,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_policy'::regclass::oid AS _class, p.oid AS _oid, ARRAY[n.nspname, c.relname, p.polname]::text[] AS _path,
                'table' AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent,
                NOT p.polpermissive AS restrictive,
                CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' END AS command,
                ARRAY(SELECT rolname::text FROM pg_roles WHERE oid = ANY (p.polroles) ORDER BY rolname) AS roles,
                pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS with_check
         FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let mut text = format!("CREATE {}", address(object));
    if object.flag("restrictive") {
        text.push_str(" AS RESTRICTIVE");
    }
    if let Some(command) = object.text("command") {
        text.push_str(&format!(" FOR {command}"));
    }
    if !object.list("roles").is_empty() {
        text.push_str(&roles(object));
    }
    text.push_str(&conditions(object, |_| true));
    vec![Statement::new(text, &object.id)]
}

fn alter(change: &mut Change) {
    // ALTER POLICY can change a condition, not take it away.
    let gone = |property: &str| change.differs(property) && change.after.text(property).is_none();
    if change.differs("restrictive") || change.differs("command") || gone("using") || gone("with_check") {
        return;
    }
    let mut text = format!("ALTER {}", address(change.after));
    if change.claim("roles") {
        text.push_str(&roles(change.after));
    }
    let changed = ["using", "with_check"].map(|property| change.claim(property).then_some(property));
    text.push_str(&conditions(change.after, |property| changed.contains(&Some(property))));
    change.push_statement(text);
}

fn roles(object: &Object) -> String {
    let names: Vec<String> = object.list("roles").iter().map(|name| role(name)).collect();
    format!(" TO {}", if names.is_empty() { "PUBLIC".to_owned() } else { names.join(", ") })
}

fn conditions(object: &Object, wanted: impl Fn(&'static str) -> bool) -> String {
    let mut text = String::new();
    for (property, word) in [("using", "USING"), ("with_check", "WITH CHECK")] {
        if let Some(condition) = object.written(property).filter(|_| wanted(property)) {
            text.push_str(&format!("\n    {word} ({condition})"));
        }
    }
    text
}

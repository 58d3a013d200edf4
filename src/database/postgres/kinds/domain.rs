//! Domains. Their checks are objects of their own.

use super::address::{drop_by_address, rename_by_address};
use super::{Asked, domain_constraint, privilege, remake};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::schema::plan::Risk;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "domain",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(rename_by_address),
    passes_on: |_| true,
    occupies: remake::occupies,
    settle: privilege::settle,
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    let not_null_name = if asked.version >= 170_000 {
        "(SELECT k.conname::text FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'n' AND k.conname <> t.typname || '_not_null') AS not_null_name,"
    } else {
        ""
    };
    format!(
        "SELECT 'pg_type'::regclass::oid AS _class, t.oid AS _oid, ARRAY[n.nspname, t.typname]::text[] AS _path,
                format_type(t.typbasetype, t.typtypmod) AS type, {not_null_name}
                CASE WHEN t.typcollation <> b.typcollation THEN (SELECT format('%I.%I', cn.nspname, co.collname)
                    FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = t.typcollation) END AS collation,
                coalesce(pg_get_expr(t.typdefaultbin, 'pg_type'::regclass), quote_literal(t.typdefault)) AS default,
                t.typnotnull AS not_null
         FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_type b ON b.oid = t.typbasetype
         WHERE t.typtype = 'd' AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_type", "t.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let domain = creation.object;
    let mut text = format!("CREATE DOMAIN {} AS {}", qualified(&domain.id.path), domain.text("type").unwrap_or_default());
    if let Some(collation) = domain.text("collation") {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(default) = domain.written("default") {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    if domain.flag("not_null") {
        let name = domain.text("not_null_name").map(|name| format!(" CONSTRAINT {}", identifier(name)));
        text.push_str(&format!("{} NOT NULL", name.unwrap_or_default()));
    }
    for constraint in creation.inline_in(&domain.id).filter(|child| child.id.kind == "domain constraint") {
        text.push_str(&format!("\n    {}", domain_constraint::clause(constraint)));
    }
    vec![Statement::new(text, &domain.id)]
}

fn alter(change: &mut Change) {
    let after = change.after;
    if change.differs("type") || change.differs("collation") {
        if remake::is_held(change) {
            change.risk(Risk::MayFail(format!("{} is over another type, which may not take every value", after.id)));
            remake::remake(change, remake::through_text);
        }
        return;
    }
    let alter = format!("ALTER DOMAIN {}", qualified(&after.id.path));
    if change.claim("default") {
        change.say(match after.written("default") {
            Some(default) => format!("{alter} SET DEFAULT {default}"),
            None => format!("{alter} DROP DEFAULT"),
        });
    }
    let renamed = change.claim("not_null_name");
    if change.claim("not_null") {
        let named = after.text("not_null_name").map(|name| format!("ADD CONSTRAINT {} NOT NULL", identifier(name)));
        match (after.flag("not_null"), named) {
            (true, Some(named)) => change.say(format!("{alter} {named}")),
            (true, None) => change.say(format!("{alter} SET NOT NULL")),
            (false, _) => change.say(format!("{alter} DROP NOT NULL")),
        }
        if after.flag("not_null") {
            change.risk(Risk::MayFail(format!("{} becomes NOT NULL, so it fails where a column of it holds nulls", after.id)));
        }
    } else if renamed {
        let usual = format!("{}_not_null", after.id.name());
        let name = |text: Option<&str>| identifier(text.unwrap_or(&usual));
        let (old, new) = (name(change.before.text("not_null_name")), name(after.text("not_null_name")));
        change.say(format!("{alter} RENAME CONSTRAINT {old} TO {new}"));
    }
}

//! Enums. Labels are added in place; what else changes makes the type again.

use crate::database::postgres::kinds::address::{drop_by_address, rename_by_address};
use crate::database::postgres::kinds::{QueryContext, privilege, recreate_table, recreate_type};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::schema::plan::Risk;
use crate::sql::quote::{literal, qualified};
use crate::sql::{Statement, Syntax};

pub static KIND: Kind = Kind {
    name: "enum",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(rename_by_address),
    propagates_rewrite: |_| true,
    recreate: Some(recreate_table::TYPE),
    claimed_names: recreate_type::claimed_names,
    after_create: privilege::after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_type'::regclass::oid AS _class, t.oid AS _oid, ARRAY[n.nspname, t.typname]::text[] AS _path,
                ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels
         FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
         WHERE t.typtype = 'e' AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_type", "t.oid"),
    )
}

fn quoted(label: &str) -> String {
    literal(label, Syntax::Postgres)
}

fn create(creation: &Creation) -> Vec<Statement> {
    let labels: Vec<String> = creation.object.list("labels").iter().map(|label| quoted(label)).collect();
    let name = qualified(&creation.object.id.path);
    let one_line = labels.join(", ");
    let text = if one_line.len() < 80 {
        format!("CREATE TYPE {name} AS ENUM ({one_line})")
    } else {
        format!("CREATE TYPE {name} AS ENUM (\n    {}\n)", labels.join(",\n    "))
    };
    vec![Statement::new(text, &creation.object.id)]
}

fn alter(change: &mut Change) {
    if !change.differs("labels") {
        return;
    }
    let (old, new) = (change.before.list("labels"), change.after.list("labels"));
    let kept: Vec<&String> = new.iter().filter(|label| old.contains(label)).collect();
    let only_added = kept.len() == old.len() && kept.iter().zip(old).all(|(one, other)| *one == other);
    let added: Vec<&String> = new.iter().filter(|label| !old.contains(label)).collect();
    // A label that was added in the same transaction can't be used before its end (manual, ALTER TYPE).
    let used = added.iter().any(|label| recreate_type::is_used_again(change, &quoted(label)));
    if only_added && !used {
        change.claim("labels");
        add(change, old, new);
        return;
    }
    if recreate_type::is_held(change) {
        for label in old.iter().filter(|label| !new.contains(label)) {
            let text = format!("{} loses the label {}, so it fails if a row has it", change.after.id, quoted(label));
            change.risk(Risk::MayFail(text));
        }
        recreate_type::remake(change, recreate_type::Lead::Text);
    }
}

fn add(change: &mut Change, old: &[String], new: &[String]) {
    let name = qualified(&change.after.id.path);
    let mut last: Option<&String> = None;
    for label in new {
        if !old.contains(label) {
            let first_kept = new.iter().find(|label| old.contains(label));
            let place = match (last, first_kept) {
                (Some(last), _) if Some(last) == old.last().filter(|_| all_old_before(label, old, new)) => {
                    String::new()
                }
                (Some(last), _) => format!(" AFTER {}", quoted(last)),
                (None, Some(first)) => format!(" BEFORE {}", quoted(first)),
                (None, None) => String::new(),
            };
            change.push_statement(format!("ALTER TYPE {name} ADD VALUE {}{place}", quoted(label)));
        }
        last = Some(label);
    }
}

/// Do all the labels that were there come before this one, so that it is added at the end?
fn all_old_before(label: &String, old: &[String], new: &[String]) -> bool {
    new.iter().skip_while(|other| *other != label).all(|other| !old.contains(other))
}

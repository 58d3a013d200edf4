//! Triggers on tables, and INSTEAD OF triggers on views.

use super::text;
use crate::database::sqlite::words::words;
use crate::schema::Object;
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "trigger",
    create: |creation| vec![Statement::new(text(creation.object), &creation.object.id)],
    drop: |object, _| vec![Statement::new(format!("DROP TRIGGER {}", identifier(object.id.name())), &object.id)],
    claimed_names: |object| vec![format!("trigger {}", object.id.name().to_ascii_lowercase())],
    ..Kind::REPLACED
};

/// Returns what fires it: `INSERT`, `UPDATE` or `DELETE`.
pub fn event(trigger: &Object) -> Option<&'static str> {
    let words = words(text(trigger));
    // The name may be one of these words.
    words.iter().skip(3).find_map(|word| ["INSERT", "UPDATE", "DELETE"].into_iter().find(|event| word.is(event)))
}

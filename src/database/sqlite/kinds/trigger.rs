//! Triggers on tables, and INSTEAD OF triggers on views.

use super::text;
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "trigger",
    create: |creation| vec![Statement::new(text(creation.object), &creation.object.id)],
    drop: |object, _| vec![Statement::new(format!("DROP TRIGGER {}", identifier(object.id.name())), &object.id)],
    occupies: |object| vec![format!("trigger {}", object.id.name().to_ascii_lowercase())],
    ..Kind::REPLACED
};

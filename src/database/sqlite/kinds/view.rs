//! Views.

use super::{relation, text};
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "view",
    create: |creation| vec![Statement::new(text(creation.object), &creation.object.id)],
    drop: |object, _| vec![Statement::new(format!("DROP VIEW {}", identifier(object.id.name())), &object.id)],
    claimed_names: relation,
    ..Kind::REPLACED
};

//! Indexes that somebody created: those of UNIQUE and PRIMARY KEY are their constraints'.

use super::{relation, text};
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "index",
    create: |creation| vec![Statement::new(text(creation.object), &creation.object.id)],
    drop: |object, _| vec![Statement::new(format!("DROP INDEX {}", identifier(object.id.name())), &object.id)],
    claimed_names: relation,
    ..Kind::REPLACED
};

//! SQLite: one file, one connection.

pub mod kinds;

use crate::database::Dialect;
use crate::sql::Syntax;

pub static DIALECT: Dialect =
    Dialect { name: "sqlite", syntax: Syntax::Sqlite, schemes: &["sqlite"], kinds: kinds::KINDS };

//! PostgreSQL 14 to 18: connection, lock, shadow, reading the catalog.

pub mod kinds;
pub mod reflect;

use crate::database::Dialect;
use crate::sql::Syntax;

pub static DIALECT: Dialect =
    Dialect { name: "postgresql", syntax: Syntax::Postgres, schemes: &["postgresql", "postgres"], kinds: kinds::KINDS };

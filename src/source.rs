//! Where a catalog comes from: live, models, revisions replayed, a file, a URL.

use crate::config::{Config, ConfigError};
use crate::database::{Database, DatabaseError, Reading, Scope, SqlError};
use crate::models::{Declared, ModelError, error};
use crate::sql::Statement;

/// Why a catalog could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// A throw-away database that holds the declared schema, and what was read of it.
pub struct Shadowed {
    pub shadow: Box<dyn Database>,
    pub reading: Reading,
}

/// Returns which part of a database the configuration speaks of.
pub fn scope(config: &Config) -> Scope {
    Scope { schemas: config.database.schemas.clone(), version_table: config.database.version_table.clone() }
}

/// Loads the declared schema into a shadow of `database` and reads it back.
///
/// # Errors
/// No shadow can be had; a statement that can't be loaded, with its place.
pub fn declared_in_shadow(
    database: &mut dyn Database,
    declared: &Declared,
    config: &Config,
) -> Result<Shadowed, SourceError> {
    let loaded = in_shadow(database, &declared.statements(), config)?;
    Ok(loaded.map_err(|(at, refusal)| error::refused(declared, at, &refusal))?)
}

/// Loads statements into a shadow of `database` and reads them back; or the number of the first that can't be loaded, and
/// what the database said.
///
/// # Errors
/// No shadow can be had, or it can't be read.
pub fn in_shadow(
    database: &mut dyn Database,
    statements: &[Statement],
    config: &Config,
) -> Result<Result<Shadowed, (usize, SqlError)>, SourceError> {
    let mut shadow = database.shadow(config.database.shadow_url()?)?;
    if let Err(refusal) = shadow.load(statements) {
        return Ok(Err(refusal));
    }
    let reading = shadow.reflect(&scope(config))?;
    Ok(Ok(Shadowed { shadow, reading }))
}

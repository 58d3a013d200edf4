//! Where a catalog comes from: live, models, revisions replayed, a file, a URL.

mod cache;

use std::collections::BTreeSet;
use std::path::Path;

use crate::apply::{self, ApplyError};
use crate::config::{self, Config, ConfigError, ShadowUse};
use crate::database::{Database, DatabaseError, Dialect, Reading, Scope, SqlError, Surroundings};
use crate::models::{Declared, ModelError, error};
use crate::revision::Direction;
use crate::revision::graph::Graph;
use crate::revision::target::Target;
use crate::schema::{Catalog, stored};
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
    /// The revisions do not run in a shadow.
    #[error("replaying the revisions in a shadow: {0}")]
    Replay(Box<ApplyError>),
    /// A file that is not a catalog.
    #[error("{0}")]
    Stored(String),
}

/// A schema as a throw-away database spells it; the database itself is there when it was needed.
pub struct Shadowed {
    pub reading: Reading,
    /// The name under which the answer is remembered; None: nothing is.
    key: Option<String>,
    statements: Vec<Statement>,
    shadow: Option<Box<dyn Database>>,
}

impl Shadowed {
    /// Was this claim proved in such a shadow before? What a claim is about must be in its texts.
    pub fn is_proved(&self, claim: &[String]) -> bool {
        self.key.as_ref().is_some_and(|key| cache::is_proved(&cache::key_of_proof(key, claim)))
    }

    /// Remembers that the claim was proved.
    pub fn remember_proof(&self, claim: &[String]) {
        if let Some(key) = &self.key {
            cache::remember_proof(&cache::key_of_proof(key, claim));
        }
    }

    /// Returns the throw-away database that holds the schema; makes it now where the answer was remembered.
    ///
    /// # Errors
    /// No shadow can be had, or what once loaded does not load any more.
    pub fn shadow(&mut self, database: &mut dyn Database, config: &Config) -> Result<&mut dyn Database, SourceError> {
        if self.shadow.is_none() {
            let mut shadow = database.shadow(config.database.shadow_url()?)?;
            shadow.load(&self.statements).map_err(|refused| not_loaded(first(refused)))?;
            self.shadow = Some(shadow);
        }
        match &mut self.shadow {
            Some(shadow) => Ok(shadow.as_mut()),
            None => Err(DatabaseError::Shadow("the shadow is not there".to_owned()).into()),
        }
    }

    /// Gives the throw-away database back.
    pub fn release(&mut self) {
        self.shadow = None;
    }
}

/// Returns which part of a database the configuration is about.
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
    let environment_fingerprint = database.environment_fingerprint()?;
    match in_shadow(database, &declared.statements(), config, &environment_fingerprint)? {
        Loaded::Whole(shadowed) => Ok(shadowed),
        Loaded::Partly { refused, .. } => match refused.first() {
            Some((at, error)) => Err(error::refused(declared, *at, error).into()),
            None => Err(not_loaded(SqlError::default()).into()),
        },
    }
}

/// What became of statements that were loaded into a shadow.
pub enum Loaded {
    Whole(Shadowed),
    /// All but those that the database refuses: the number of each, ascending, and what the database said.
    Partly {
        refused: Vec<(usize, SqlError)>,
        shadowed: Shadowed,
    },
}

/// Loads these statements into a shadow of `database` and reads it back, or returns what is remembered of that.
///
/// `environment_fingerprint` are those of `database`.
///
/// # Errors
/// No shadow can be had, or it can't be read.
pub fn in_shadow(
    database: &mut dyn Database,
    statements: &[Statement],
    config: &Config,
    environment_fingerprint: &Surroundings,
) -> Result<Loaded, SourceError> {
    let scope = scope(config);
    let shadow_url = config.database.shadow_url()?;
    let key = match config.autogenerate.shadow {
        ShadowUse::Full => None,
        ShadowUse::Auto => {
            let named = shadow_url.map(|_| named(database, config)).transpose()?;
            let environment_fingerprint = [&environment_fingerprint.text, named.as_deref().unwrap_or_default()];
            Some(cache::key(statements, &scope, database.dialect(), &environment_fingerprint))
        }
    };
    let statements = statements.to_vec();
    if let Some(reading) = key.as_ref().and_then(|key| cache::remembered(key, database.dialect())) {
        return Ok(Loaded::Whole(Shadowed { reading, key, statements, shadow: None }));
    }
    let mut shadow = database.shadow(shadow_url)?;
    if let Err(refused) = shadow.load(&statements) {
        if refused.iter().any(|(_, error)| error.interrupted || error.connection_lost) {
            return Err(not_loaded(first(refused)).into());
        }
        let reading = shadow.reflect(&scope)?;
        let numbers: BTreeSet<usize> = refused.iter().map(|(at, _)| *at).collect();
        let loaded = statements.into_iter().enumerate().filter(|(at, _)| !numbers.contains(at));
        let statements = loaded.map(|(_, statement)| statement).collect();
        let shadowed = Shadowed { reading, key: None, statements, shadow: Some(shadow) };
        return Ok(Loaded::Partly { refused, shadowed });
    }
    let reading = shadow.reflect(&scope)?;
    if let Some(key) = &key {
        cache::remember(key, &reading);
    }
    Ok(Loaded::Whole(Shadowed { reading, key, statements, shadow: Some(shadow) }))
}

/// Returns what a shadow that the configuration names adds to its answers: its own settings, and its data.
fn named(database: &mut dyn Database, config: &Config) -> Result<String, SourceError> {
    let mut shadow = database.shadow(config.database.shadow_url()?)?;
    let held = shadow.reflect(&Scope { schemas: vec!["*".to_owned()], version_table: String::new() })?;
    let held = stored::to_json(&held.catalog).map_err(|error| SourceError::Stored(error.to_string()))?;
    Ok(format!("{}\n{held}", shadow.environment_fingerprint()?.text))
}

/// Returns the error of the first statement that was refused.
fn first(refused: Vec<(usize, SqlError)>) -> SqlError {
    refused.into_iter().next().map(|(_, error)| error).unwrap_or_default()
}

fn not_loaded(error: SqlError) -> DatabaseError {
    DatabaseError::Sql { doing: "loading the declared schema into a shadow".to_owned(), error }
}

/// Runs the revisions up to `targets` in a shadow of `database`, and returns it with what was read of it.
///
/// # Errors
/// No shadow can be had; a revision that fails there.
pub fn replayed(
    database: &mut dyn Database,
    graph: &Graph,
    targets: &[Target],
    config: &Config,
) -> Result<(Box<dyn Database>, Reading), SourceError> {
    let mut shadow = database.shadow(config.database.shadow_url()?)?;
    let mut options = apply::Options::of(config);
    if options.version_table.contains('.') {
        // The schema that it is in belongs to nobody's revisions, and a shadow has none of it.
        options.version_table = config::DEFAULT_VERSION_TABLE.to_owned();
    }
    for target in targets {
        let route = apply::Route { direction: Direction::Upgrade, target };
        apply::run_route(shadow.as_mut(), graph, route, &options, &mut |_| {})
            .map_err(|error| SourceError::Replay(Box::new(error)))?;
    }
    let scope = Scope { version_table: options.version_table, ..scope(config) };
    let reading = shadow.reflect(&scope)?;
    Ok((shadow, reading))
}

/// Reads a catalog that `inspect --format json` wrote.
///
/// # Errors
/// A file that can't be read, or holds something else.
pub fn stored(path: &Path, dialect: &Dialect) -> Result<Catalog, SourceError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| SourceError::Stored(format!("cannot read {}: {error}", path.display())))?;
    stored::from_json(&text, dialect.kinds)
        .map_err(|reason| SourceError::Stored(format!("{}: {reason}", path.display())))
}

/// Returns what an empty database of this engine and version has by itself.
///
/// # Errors
/// No shadow can be had, or it can't be read.
pub fn empty(database: &mut dyn Database, config: &Config) -> Result<Catalog, SourceError> {
    let environment_fingerprint = database.environment_fingerprint()?;
    match in_shadow(database, &[], config, &environment_fingerprint)? {
        Loaded::Whole(shadowed) => Ok(shadowed.reading.catalog),
        Loaded::Partly { refused, .. } => {
            Err(DatabaseError::Sql { doing: "reading a shadow".to_owned(), error: first(refused) }.into())
        }
    }
}

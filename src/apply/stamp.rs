//! Stamps: rows of the version table come and go, and nothing runs.

use super::{ApplyError, Options};
use crate::database::version_table::{self, NewRow, State};
use crate::database::{Database, DatabaseError, Dialect};
use crate::revision::{Direction, Revision, RevisionId, checksum};

/// Which rows a stamp removes and adds.
#[derive(Clone, Debug, Default)]
pub struct Stamp<'a> {
    /// Every row goes first, also those of revisions that no file knows.
    pub purge: bool,
    pub remove: Vec<RevisionId>,
    pub add: Vec<&'a Revision>,
    /// The rows that the version table had when this was planned.
    pub rows: Vec<RevisionId>,
}

impl Stamp<'_> {
    pub fn is_empty(&self) -> bool {
        !self.purge && self.remove.is_empty() && self.add.is_empty()
    }
}

/// Returns the stamp's statements, in order; `table` is quoted.
pub fn statements(stamp: &Stamp, state: State, table: &str, dialect: &Dialect) -> Vec<String> {
    let mut statements = Vec::new();
    if stamp.purge {
        statements.push(format!("DELETE FROM {table}"));
    } else if !stamp.remove.is_empty() {
        statements.push(version_table::delete(table, &stamp.remove, dialect));
    }
    for revision in &stamp.add {
        let section = revision.section(Direction::Upgrade, dialect.syntax);
        let downgrade = revision.section(Direction::Downgrade, dialect.syntax).map(version_table::stored_section);
        let row = NewRow {
            revision: &revision.id,
            message: &revision.message,
            checksum: &checksum::checksum(section, dialect.syntax),
            script: section.map(|section| section.text.as_str()),
            downgrade_script: downgrade.as_deref(),
            state,
            run: None,
        };
        statements.push(version_table::insert(table, &row, dialect));
    }
    statements
}

/// Returns the statements that keep Alembic's table in step with a stamp, if that was asked for.
pub fn after(options: &Options, table: &str, dialect: &Dialect) -> Vec<String> {
    options.follower.iter().flat_map(|follower| follower.recreate(table, dialect)).collect()
}

/// Writes the stamp to the database, in one transaction; makes the version table if it does not exist.
///
/// # Errors
/// `Database`; nothing has changed then.
pub fn run(database: &mut dyn Database, stamp: &Stamp, state: State, options: &Options) -> Result<(), ApplyError> {
    let dialect = database.dialect();
    let table = database.version_table(&options.version_table);
    let scripting = &dialect.scripting;
    let mut script = (scripting.begin)(options.lock_timeout);
    let create = version_table::create(&table, dialect);
    let unchanged = format!(
        "(SELECT {} FROM {table}) {} {} AND {}",
        scripting.count,
        scripting.equals,
        stamp.rows.len(),
        version_table::rows_exist(&table, &stamp.rows, dialect)
    );
    let mut changes = vec![create];
    changes.extend((scripting.lock_table)(&table));
    changes.push((scripting.check)(&unchanged));
    changes.extend(statements(stamp, state, &table, dialect));
    changes.extend(after(options, &table, dialect));
    for statement in changes {
        script.push_str(&statement);
        script.push_str(";\n");
    }
    script.push_str("COMMIT");
    database.execute(&script).map_err(|error| match error.code.as_deref() {
        Some(code) if scripting.claimed_codes.contains(&code) => ApplyError::Changed {
            revision: stamp.add.first().map(|revision| revision.id.clone()).unwrap_or_default(),
            reason: format!("the rows of {table} have changed since they were read"),
        },
        _ => DatabaseError::Sql { doing: format!("writing the stamp to {table}"), error }.into(),
    })
}

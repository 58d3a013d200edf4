//! Writes revisions as a script for psql or the sqlite3 shell, which leaves what an online run leaves.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::online::{new_row, prepare_all};
use super::prepare::{Prepared, PreparedPart};
use super::{ApplyError, Options, Step};
use crate::config::TransactionMode;
use crate::database::version_table::{self, State};
use crate::database::{Dialect, Effect};
use crate::place::Place;
use crate::revision::{Direction, RevisionId};
use crate::sql::quote;
use crate::sql::split::Piece;

/// Where a database must be for a script to fit.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// In words: `revision 3adc`, `base`.
    pub words: String,
    /// Revisions that must be applied.
    pub present: Vec<RevisionId>,
    /// Revisions that must not be.
    pub absent: Vec<RevisionId>,
}

/// Why a script could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error("cannot write the script: {0}")]
    Write(#[from] io::Error),
}

/// Writes the script of `steps` to `out`, one revision after the other; `title` is its first line, without the dashes.
///
/// Every step is validated before the first byte is written.
///
/// # Errors
/// Those of `prepare`; a guard that this database's scripts can't express; what writing to `out` says.
pub fn script(
    out: &mut dyn Write,
    title: &str,
    start: &Start,
    steps: &[Step],
    options: &Options,
    dialect: &'static Dialect,
) -> Result<(), OfflineError> {
    let table = table_name(options, dialect);
    let script = Script { dialect, table, options, all: options.transaction == TransactionMode::All };
    let revisions = prepare_all(steps, options.transaction, dialect)?;
    for prepared in &revisions {
        prepared.parts.iter().try_for_each(|part| script.part(prepared, part).map(drop))?;
    }
    script.head(out, title, revisions.iter().any(|prepared| !prepared.transactional))?;
    writeln!(out, "\n-- The version table, and where the database must be: {}.", one_line(&start.words))?;
    write!(out, "{}", script.begin())?;
    writeln!(out, "{};", version_table::create(&script.table, dialect))?;
    writeln!(out, "{};", script.refuse_unless_at(start))?;
    if !script.all {
        writeln!(out, "COMMIT;")?;
    }
    for prepared in &revisions {
        script.revision(out, prepared)?;
    }
    if script.all {
        writeln!(out, "\nCOMMIT;")?;
    }
    out.flush()?;
    Ok(())
}

/// Writes the script of a stamp to `out`: rows removed, rows added, in one transaction.
///
/// # Errors
/// What writing says.
pub fn stamp(
    out: &mut dyn Write,
    title: &str,
    start: Option<&Start>,
    statements: &[String],
    options: &Options,
    dialect: &'static Dialect,
) -> Result<(), OfflineError> {
    let script = Script { dialect, table: table_name(options, dialect), options, all: false };
    script.head(out, title, false)?;
    write!(out, "\n{}", script.begin())?;
    writeln!(out, "{};", version_table::create(&script.table, dialect))?;
    script.lock(out)?;
    if let Some(start) = start {
        writeln!(out, "{};", script.refuse_unless_at(start))?;
    }
    for statement in statements {
        writeln!(out, "{statement};")?;
    }
    writeln!(out, "COMMIT;")?;
    out.flush()?;
    Ok(())
}

/// Returns the version table's name as a script writes it: as configured, since no database is there to look into.
pub fn table_name(options: &Options, dialect: &Dialect) -> String {
    let path = version_table::path(&options.version_table, dialect.syntax);
    quote::qualified(&(dialect.scripting.version_table)(&path))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Script<'s> {
    dialect: &'static Dialect,
    table: String,
    options: &'s Options,
    /// Is one transaction around everything?
    all: bool,
}

/// Whose the rows are that a script has begun and not ended.
const SCRIPT: &str = "script";

impl Script<'_> {
    /// The first lines; `in_pieces`: some of it runs outside transactions.
    fn head(&self, out: &mut dyn Write, title: &str, in_pieces: bool) -> Result<(), OfflineError> {
        let scripting = &self.dialect.scripting;
        writeln!(out, "-- {}", one_line(title))?;
        writeln!(out, "-- {}", scripting.how_to_run)?;
        // An error undoes its transaction, and each transaction looks first whether the one before it took effect. What
        // runs outside transactions, or in a client that continues inside one, has to stop at the error itself.
        if in_pieces || !scripting.error_aborts_transaction {
            writeln!(out, "{}", scripting.stop_at_errors)?;
        }
        Ok(())
    }

    /// Nobody else writes the version table until the transaction ends.
    fn lock(&self, out: &mut dyn Write) -> Result<(), OfflineError> {
        if let Some(lock) = (self.dialect.scripting.lock_table)(&self.table) {
            writeln!(out, "{lock};")?;
        }
        Ok(())
    }

    /// Refuses a revision unless those before it have taken effect, and it has not.
    fn refuse_unless_planned(&self, out: &mut dyn Write, prepared: &Prepared) -> Result<(), OfflineError> {
        let planned = version_table::rows_are(&self.table, &prepared.present, &prepared.absent, self.dialect);
        let message = match prepared.direction {
            Direction::Upgrade => {
                format!("revision {} is already applied, or a revision that it needs is not", prepared.revision.id)
            }
            Direction::Downgrade => {
                format!("revision {} is not applied, or a revision that needs it is", prepared.revision.id)
            }
        };
        self.lock(out)?;
        writeln!(out, "{};", (self.dialect.scripting.refuse_unless)(&planned, &message))?;
        Ok(())
    }

    fn begin(&self) -> String {
        (self.dialect.scripting.begin)(self.options.lock_timeout)
    }

    fn literal(&self, text: &str) -> String {
        quote::literal(text, self.dialect.syntax)
    }

    fn refuse_unless_at(&self, start: &Start) -> String {
        let conditions = [
            version_table::rows_exist(&self.table, &start.present, self.dialect),
            version_table::rows_are::<RevisionId>(&self.table, &[], &start.absent, self.dialect),
            format!("NOT EXISTS (SELECT 1 FROM {} WHERE {})", self.table, version_table::is_half_done(self.dialect)),
        ];
        let message =
            format!("wrong database: this script starts at {}, and this database is not there", one_line(&start.words));
        (self.dialect.scripting.refuse_unless)(&conditions.join(" AND "), &message)
    }

    fn revision(&self, out: &mut dyn Write, prepared: &Prepared) -> Result<(), OfflineError> {
        let verb = match prepared.direction {
            Direction::Upgrade => "Upgrade",
            Direction::Downgrade => "Downgrade",
        };
        let revision = prepared.revision;
        let message = one_line(&revision.message);
        let colon = if message.is_empty() { "" } else { ": " };
        writeln!(out, "\n-- {verb} {}{colon}{message} ({})", revision.id, revision.path.display())?;
        match prepared.transactional {
            true => self.transaction(out, prepared),
            false => self.journalled(out, prepared),
        }
    }

    fn transaction(&self, out: &mut dyn Write, prepared: &Prepared) -> Result<(), OfflineError> {
        for piece in &prepared.outside {
            writeln!(out, "{};", piece.text(prepared.text()))?;
        }
        if !self.all {
            write!(out, "{}", self.begin())?;
        }
        self.refuse_unless_planned(out, prepared)?;
        let row = match prepared.direction {
            Direction::Upgrade => {
                let row = new_row(prepared, State::Applied, self.dialect);
                version_table::insert(&self.table, &row.row(None), self.dialect)
            }
            Direction::Downgrade => version_table::delete(&self.table, &prepared.rows, self.dialect),
        };
        writeln!(out, "{row};")?;
        let (before, after) = self.checks(prepared);
        write!(out, "{before}")?;
        for part in &prepared.parts {
            write!(out, "{}", self.part(prepared, part)?)?;
        }
        write!(out, "{after}")?;
        for reset in prepared.resets(self.dialect) {
            writeln!(out, "{reset};")?;
        }
        if let (Direction::Upgrade, Some(clock)) = (prepared.direction, self.dialect.scripting.stop_the_clock) {
            writeln!(out, "{};", version_table::update(&self.table, clock, &prepared.revision.id, self.dialect))?;
        }
        for statement in self.options.after(prepared, &self.table, self.dialect) {
            writeln!(out, "{statement};")?;
        }
        if !self.all {
            writeln!(out, "COMMIT;")?;
        }
        if let Some(restore) = self.dialect.scripting.restore.filter(|_| !prepared.outside.is_empty()) {
            writeln!(out, "{restore};")?;
        }
        Ok(())
    }

    /// Returns the statements of a part as a script runs them.
    fn part(&self, prepared: &Prepared, part: &PreparedPart) -> Result<String, ApplyError> {
        let text = prepared.text();
        let (Some(first), Some(last)) = (part.statements.first(), part.statements.last()) else {
            return Ok(String::new());
        };
        let Some(guard) = &part.guard else {
            return Ok(format!("{};\n", text.get(first.start..last.end).unwrap_or_default()));
        };
        let statements: Vec<&str> = part.statements.iter().map(|piece| piece.text(text)).collect();
        let guarded = (self.dialect.scripting.guarded)(guard, &statements).map_err(|reason| ApplyError::Refused {
            revision: prepared.revision.id.clone(),
            reason,
            place: self.place(prepared, first),
            hint: None,
        })?;
        Ok(format!("{guarded};\n"))
    }

    fn place(&self, prepared: &Prepared, piece: &Piece) -> Option<Place> {
        prepared.place(piece.start, self.dialect)
    }

    /// Returns what counts rows and violations before the statements, and what refuses another count after them.
    fn checks(&self, prepared: &Prepared) -> (String, String) {
        let (mut before, mut after) = (String::new(), String::new());
        let mut check = |number: usize, count_before: &str, count: &str, holds: &str, message: &str| {
            let table = format!("migrate_before_{number}");
            let _ = writeln!(before, "CREATE TEMP TABLE {table} AS SELECT ({count_before}) AS n;");
            let condition = format!("({count}) {holds} (SELECT n FROM {table})");
            let _ = writeln!(after, "{};", (self.dialect.scripting.refuse_unless)(&condition, message));
            let _ = writeln!(after, "DROP TABLE {table};");
        };
        for (at, table) in prepared.keeps_rows.iter().enumerate() {
            let count =
                |name: &[String]| format!("SELECT {} FROM {}", self.dialect.scripting.count, quote::qualified(name));
            let name = quote::qualified(&table.after);
            check(
                at,
                &count(&table.before),
                &count(&table.after),
                self.dialect.scripting.equals,
                &format!("rows of {name} would be lost or added"),
            );
        }
        if let Some(query) = self.dialect.scripting.violations.filter(|_| !prepared.outside.is_empty()) {
            let count = format!("SELECT {} FROM ({query})", self.dialect.scripting.count);
            check(prepared.keeps_rows.len(), &count, &count, "<=", "foreign keys would dangle");
        }
        (before, after)
    }

    /// The row of a half-done revision while its first `done` statements have taken effect.
    fn mine(&self, prepared: &Prepared, done: i64) -> String {
        version_table::is_mine(&prepared.revision.id, SCRIPT, done, self.dialect)
    }

    /// A transaction that is only run when the first `from` statements have taken effect: `body`, and a change of the row.
    fn step(
        &self,
        out: &mut dyn Write,
        prepared: &Prepared,
        from: i64,
        body: &str,
        change: impl Fn(&str) -> String,
    ) -> Result<(), OfflineError> {
        let mine = self.mine(prepared, from);
        let is_there = format!("EXISTS (SELECT 1 FROM {} WHERE {mine})", self.table);
        let message = format!("a statement of revision {} before this one did not take effect", prepared.revision.id);
        write!(out, "{}", self.begin())?;
        self.lock(out)?;
        writeln!(out, "{};", (self.dialect.scripting.refuse_unless)(&is_there, &message))?;
        write!(out, "{body}")?;
        writeln!(out, "{};\nCOMMIT;", change(&mine))?;
        Ok(())
    }

    fn journalled(&self, out: &mut dyn Write, prepared: &Prepared) -> Result<(), OfflineError> {
        let id = &prepared.revision.id;
        write!(out, "{}", self.begin())?;
        self.refuse_unless_planned(out, prepared)?;
        match prepared.direction {
            Direction::Upgrade => {
                let row = new_row(prepared, State::Running, self.dialect);
                writeln!(out, "{};", version_table::insert(&self.table, &row.row(Some(SCRIPT)), self.dialect))?;
            }
            Direction::Downgrade => {
                let section = prepared.section.as_deref().map(version_table::stored_section).unwrap_or_default();
                let assignments = format!(
                    "state = 'reverting', statements_done = 0, run = '{SCRIPT}', run_process = {}, checksum = {}, \
                     downgrade_script = {}",
                    self.dialect.scripting.process,
                    self.literal(&prepared.checksum),
                    self.literal(&section)
                );
                writeln!(out, "{};", version_table::update(&self.table, &assignments, id, self.dialect))?;
            }
        }
        writeln!(out, "COMMIT;")?;
        let move_to =
            |done: i64| move |mine: &str| format!("UPDATE {} SET statements_done = {done} WHERE {mine}", self.table);
        let mut done: i64 = 0;
        for part in &prepared.parts {
            let alone = |piece: &Piece| (self.dialect.scripting.refuses_transaction)(piece.text(prepared.text()));
            if part.guard.is_some() {
                if let Some(piece) = part.statements.iter().find(|piece| alone(piece)) {
                    return Err(OfflineError::Apply(ApplyError::Refused {
                        revision: id.clone(),
                        reason: "a script cannot put a condition around a statement that refuses a transaction"
                            .to_owned(),
                        place: self.place(prepared, piece),
                        hint: Some("run it with `migrate upgrade`, or leave the guard out".to_owned()),
                    }));
                }
                let after = done + part.statements.len() as i64;
                self.step(out, prepared, done, &self.part(prepared, part)?, move_to(after))?;
                done = after;
                continue;
            }
            for piece in &part.statements {
                let text = piece.text(prepared.text());
                let after = done + 1;
                if alone(piece) {
                    self.step(out, prepared, done, "", move_to(-after))?;
                    writeln!(out, "{text};")?;
                    let took_effect = match (self.dialect.scripting.effect)(text) {
                        Effect::Ask(query) => {
                            let message = format!("statement {after} of revision {id} did not take effect");
                            let done = format!("({query}) {} 'done'", self.dialect.scripting.equals);
                            format!("{};\n", (self.dialect.scripting.refuse_unless)(&done, &message))
                        }
                        _ => String::new(),
                    };
                    self.step(out, prepared, -after, &took_effect, move_to(after))?;
                } else {
                    self.step(out, prepared, done, &format!("{text};\n"), move_to(after))?;
                }
                done = after;
            }
        }
        for reset in prepared.resets(self.dialect) {
            writeln!(out, "{reset};")?;
        }
        let close = match prepared.direction {
            Direction::Upgrade => {
                let clock = self.dialect.scripting.stop_the_clock.map_or(String::new(), |clock| format!(", {clock}"));
                format!("UPDATE {} SET state = 'applied', run = NULL, run_process = NULL{clock}", self.table)
            }
            Direction::Downgrade => format!("DELETE FROM {}", self.table),
        };
        let after = self.options.after(prepared, &self.table, self.dialect);
        self.step(out, prepared, done, "", |mine| {
            std::iter::once(format!("{close} WHERE {mine}")).chain(after.clone()).collect::<Vec<_>>().join(";\n")
        })
    }
}

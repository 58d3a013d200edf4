//! A `no-transaction` section, statement by statement, with a journal in its row of the version table.
//!
//! A statement that may run in a transaction commits together with its journal entry, so the journal is exact for it.
//! One that refuses a transaction is written down afterwards; when a run was cut off in between, the catalog tells
//! whether it took effect.

use std::time::Instant;

use super::message::{Failed, Message};
use super::online::{ATTEMPTS, Run, Stop, has_code, is_true, new_row};
use super::prepare::Prepared;
use super::{ApplyError, Event};
use crate::database::version_table::{self, AppliedRow, State};
use crate::database::{Effect, SqlError, interruption};
use crate::revision::Direction;
use crate::sql::split::Piece;

/// What is known of the statement with which a run goes on.
enum Known {
    /// It has not begun.
    Undone,
    Done,
}

impl<'e> Run<'_, 'e> {
    /// Runs the section, from where an earlier run was cut off if `begun` says so; false: another run had done it.
    pub(super) fn journalled(
        &mut self,
        prepared: &Prepared<'e>,
        begun: Option<&AppliedRow>,
    ) -> Result<bool, ApplyError> {
        let started = Instant::now();
        let state = match prepared.direction {
            Direction::Upgrade => State::Running,
            Direction::Downgrade => State::Reverting,
        };
        let done = match begun {
            Some(row) => {
                self.may_go_on(prepared, row, state)?;
                let done = usize::try_from(row.statements_done.unsigned_abs()).unwrap_or(usize::MAX);
                (self.tell)(Event::Resumed {
                    revision: prepared.revision,
                    done: if row.statements_done < 0 { done - 1 } else { done },
                    of: prepared.statement_count(),
                });
                row.statements_done
            }
            None => {
                if !self.open_journal(prepared, state)? {
                    return Ok(false);
                }
                0
            }
        };
        self.statements(prepared, done, begun.is_some())?;
        let id = &prepared.revision.id;
        let close = match prepared.direction {
            Direction::Upgrade => {
                let clock = self.dialect.scripting.stop_the_clock.map(str::to_owned);
                let clock = clock.unwrap_or_else(|| format!("duration_ms = {}", started.elapsed().as_millis()));
                let assignments = format!("state = 'applied', {clock}");
                version_table::update(&self.table, &assignments, id, self.dialect)
            }
            Direction::Downgrade => version_table::delete(&self.table, &prepared.rows, self.dialect),
        };
        for reset in prepared.resets(self.dialect) {
            self.own(prepared, &reset)?;
        }
        let after = self.options.after(prepared, &self.table, self.dialect);
        if after.is_empty() {
            self.own(prepared, &close)?;
        } else {
            let begin = (self.dialect.scripting.begin)(self.options.lock_timeout);
            self.own(prepared, &format!("{begin}{close};\n{};\nCOMMIT", after.join(";\n")))?;
        }
        Ok(true)
    }

    /// A run may go on with what another began only in the same direction and with the same statements.
    fn may_go_on(&mut self, prepared: &Prepared, row: &AppliedRow, state: State) -> Result<(), ApplyError> {
        let stuck = |reason: &str, hint: String| {
            Err(ApplyError::Stuck { revision: prepared.revision.id.clone(), reason: reason.to_owned(), hint })
        };
        let id = &prepared.revision.id;
        if row.state != state {
            let (was, command) = match row.state {
                State::Reverting => ("its downgrade was cut off", "downgrade"),
                _ => ("its upgrade was cut off", "upgrade"),
            };
            return stuck(was, format!("finish that with `migrate {command}` first"));
        }
        if row.checksum != prepared.checksum {
            return stuck(
                "its section was edited since, so it is not known which statements are left",
                format!(
                    "put the file back as it was; or, when you know which statement comes next, say so: \
                     `migrate repair {id} --resume-at N`"
                ),
            );
        }
        Ok(())
    }

    /// Writes the row that says that the section has begun; false: another run has a row there, or took it away.
    fn open_journal(&mut self, prepared: &Prepared<'e>, state: State) -> Result<bool, ApplyError> {
        let open = match prepared.direction {
            Direction::Upgrade => version_table::insert(&self.table, &new_row(prepared, state), self.dialect),
            Direction::Downgrade => {
                let text = |text: &str| crate::sql::quote::literal(text, self.dialect.syntax);
                let assignments = format!(
                    "state = 'reverting', statements_done = 0, checksum = {}, script = {}",
                    text(&prepared.checksum),
                    text(prepared.text())
                );
                version_table::update(&self.table, &assignments, &prepared.revision.id, self.dialect)
            }
        };
        match self.database.execute(&open) {
            Ok(()) => Ok(true),
            Err(error) if has_code(&error, self.dialect.scripting.claimed_codes) => {
                self.claimed_by_another(prepared, error).map(|()| false)
            }
            Err(error) => Err(self.failure(prepared, error, Failed::Tool, None, "Nothing of it has run.")),
        }
    }

    fn statements(&mut self, prepared: &Prepared<'e>, journal: i64, resumed: bool) -> Result<(), ApplyError> {
        let begun = usize::try_from(journal.unsigned_abs()).unwrap_or(usize::MAX);
        // Negative: statement N was begun, and only a person can tell whether it took effect.
        let done = if journal < 0 { begun - 1 } else { begun };
        if journal < 0 {
            return Err(self.unknown(prepared, begun));
        }
        let mut number = 0;
        for part in &prepared.parts {
            let mut skipped = false;
            for (at, piece) in part.statements.iter().enumerate() {
                number += 1;
                let text = piece.text(prepared.text());
                if number <= done {
                    // What a session was set to is gone with the session.
                    if resumed && !(self.dialect.scripting.resets)(&[text]).is_empty() {
                        self.alone(prepared, *piece, number)?;
                    }
                    continue;
                }
                if resumed
                    && number == done + 1
                    && (self.dialect.scripting.refuses_transaction)(text)
                    && let Known::Done = self.look(prepared, text, number)?
                {
                    self.note(prepared, number)?;
                    continue;
                }
                // Asked before the first statement of the part only: its own statements change the answer.
                if at == 0
                    && let Some(guard) = &part.guard
                {
                    let condition = (self.dialect.scripting.exists)(&guard.subject).unwrap_or_else(|_| "1 = 0".into());
                    let rows = self.database.query(&format!("SELECT {condition}"));
                    let rows = rows.map_err(|error| self.stopped(prepared, error, Failed::Tool, None, number))?;
                    skipped = is_true(&rows) != guard.when_there;
                }
                if skipped {
                    continue;
                }
                self.statement(prepared, *piece, number)?;
            }
            if skipped {
                self.note(prepared, number)?;
            }
        }
        Ok(())
    }

    /// Runs one statement: with its journal entry in a transaction, or, where that is refused, before it.
    fn statement(&mut self, prepared: &Prepared<'e>, piece: Piece, number: usize) -> Result<(), ApplyError> {
        let text = piece.text(prepared.text());
        if !(self.dialect.scripting.refuses_transaction)(text) && self.with_entry(prepared, piece, number)? {
            return Ok(());
        }
        if (self.dialect.scripting.effect)(text) == Effect::Unknown {
            self.note(prepared, -(number as i64))?;
        }
        self.alone(prepared, piece, number)?;
        self.note(prepared, number)
    }

    /// Runs one statement and its journal entry in a transaction; false: the server refused it because of that.
    fn with_entry(&mut self, prepared: &Prepared<'e>, piece: Piece, number: usize) -> Result<bool, ApplyError> {
        let mut attempt = 1;
        loop {
            let mut message = Message::default();
            self.begin(&mut message);
            message.section(prepared.text(), &[piece]);
            message.tool(&self.entry(prepared, number as i64), 1);
            message.tool("COMMIT", 1);
            match self.send(&mut message, attempt) {
                Ok(()) => return Ok(true),
                Err(Stop::Apply(error)) => return Err(error),
                Err(Stop::Sql { error, .. }) if has_code(&error, self.dialect.scripting.in_transaction_codes) => {
                    return Ok(false);
                }
                Err(Stop::Sql { error, blockers, .. }) if self.may_pass(&error) && attempt < ATTEMPTS => {
                    self.pause(prepared.revision, &error, blockers, attempt);
                    attempt += 1;
                }
                Err(Stop::Sql { error, failed, blockers }) => {
                    return Err(self.stopped(prepared, error, failed, blockers, number));
                }
            }
        }
    }

    fn alone(&mut self, prepared: &Prepared<'e>, piece: Piece, number: usize) -> Result<(), ApplyError> {
        let mut message = Message::default();
        message.section(prepared.text(), &[piece]);
        let text = message.text.trim_end().trim_end_matches(';');
        match self.database.execute(text) {
            Ok(()) => Ok(()),
            Err(error) => {
                // It said no, so it is known that it did not take effect; what remains is for the next run to look at.
                if !error.connection_lost {
                    self.note(prepared, number - 1)?;
                }
                Err(self.stopped(prepared, error.clone(), message.blame(&error), None, number))
            }
        }
    }

    /// Looks whether the statement with which the run goes on took effect, and clears away what it left half done.
    fn look(&mut self, prepared: &Prepared<'e>, text: &str, number: usize) -> Result<Known, ApplyError> {
        let Effect::Ask(query) = (self.dialect.scripting.effect)(text) else { return Ok(Known::Undone) };
        let rows = self.database.query(&query);
        let rows = rows.map_err(|error| self.stopped(prepared, error, Failed::Tool, None, number))?;
        match rows.into_iter().flatten().next().flatten().as_deref() {
            Some("done") => Ok(Known::Done),
            Some("undone") | None => Ok(Known::Undone),
            Some(first) => {
                let cleared = self.database.execute(first);
                cleared.map_err(|error| self.stopped(prepared, error, Failed::Tool, None, number))?;
                // FINALIZE ends a statement; DROP INDEX only makes room for it.
                let rows = self.database.query(&query);
                let rows = rows.map_err(|error| self.stopped(prepared, error, Failed::Tool, None, number))?;
                let is_done = rows.into_iter().flatten().next().flatten().as_deref() == Some("done");
                Ok(if is_done { Known::Done } else { Known::Undone })
            }
        }
    }

    fn entry(&self, prepared: &Prepared, done: i64) -> String {
        version_table::update(&self.table, &format!("statements_done = {done}"), &prepared.revision.id, self.dialect)
    }

    fn note(&mut self, prepared: &Prepared, done: impl TryInto<i64>) -> Result<(), ApplyError> {
        let entry = self.entry(prepared, done.try_into().unwrap_or(i64::MAX));
        self.own(prepared, &entry)
    }

    /// Runs a statement of the tool's own.
    fn own(&mut self, prepared: &Prepared, statement: &str) -> Result<(), ApplyError> {
        // An entry that is due is written though the run is to stop: the next one goes on from it.
        let result = interruption::undisturbed(|| self.database.execute(statement));
        let left = "Its statements that ran before took effect; run the same command again to go on from there.";
        result.map_err(|error| self.failure(prepared, error, Failed::Tool, None, left))
    }

    fn stopped(
        &self,
        prepared: &Prepared,
        error: SqlError,
        failed: Failed,
        blockers: Option<String>,
        number: usize,
    ) -> ApplyError {
        let left = match number {
            0 | 1 => {
                "None of its statements took effect; once this one can run, run the same command again.".to_owned()
            }
            2 => "Its statement 1 took effect; once this one can run, the same command goes on from there.".to_owned(),
            _ => format!(
                "Its statements 1 to {} took effect; once this one can run, the same command goes on from there.",
                number - 1
            ),
        };
        self.failure(prepared, error, failed, blockers, &left)
    }

    fn unknown(&self, prepared: &Prepared, number: usize) -> ApplyError {
        let id = &prepared.revision.id;
        let piece = prepared.statements().nth(number - 1);
        let place = piece.and_then(|piece| prepared.place(piece.start, self.dialect));
        let place = place.map_or(String::new(), |place| format!(" ({}:{})", place.path.display(), place.line));
        ApplyError::Stuck {
            revision: id.clone(),
            reason: format!(
                "the run was cut off during statement {number}{place}, and nothing in the catalog tells whether it took effect"
            ),
            hint: format!(
                "look whether it did, then run `migrate repair {id} --resume-at {}` if so, or `--resume-at {number}` to run \
                 it again, and `migrate {}` after that",
                number + 1,
                match prepared.direction {
                    Direction::Upgrade => "upgrade",
                    Direction::Downgrade => "downgrade",
                }
            ),
        }
    }
}

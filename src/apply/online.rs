//! Runs revisions on an open database, each with its row of the version table.

use std::time::{Duration, Instant};

use super::message::{Failed, Message};
use super::prepare::{Prepared, prepare};
use super::{ApplyError, Event, Options, Step, on_the_way};
use crate::config::TransactionMode;
use crate::database::version_table::{self, AppliedRow, NewRow, State};
use crate::database::{Database, Dialect, SqlError, interruption};
use crate::revision::guard::Guard;
use crate::revision::{Direction, Revision, RevisionId};
use crate::sql::{quote, split};

/// How often a transaction is tried that a lock timeout, a deadlock or a serialization failure undid.
pub(super) const ATTEMPTS: usize = 10;

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub done: usize,
    /// What another run had done meanwhile.
    pub already_done: usize,
}

/// Prepares every step, so that what can't be run is found before anything is.
///
/// # Errors
/// Those of `prepare`.
pub fn prepare_all<'g>(
    steps: &[Step<'g>],
    mode: TransactionMode,
    dialect: &Dialect,
) -> Result<Vec<Prepared<'g>>, ApplyError> {
    steps.iter().map(|step| prepare(step, mode, dialect)).collect()
}

/// Returns about how many locks the largest transaction needs.
pub fn locks_needed(revisions: &[Prepared], mode: TransactionMode, dialect: &Dialect) -> usize {
    let locks = |prepared: &Prepared| {
        prepared.statements().map(|piece| (dialect.scripting.locks)(piece.text(prepared.text()))).sum::<usize>()
    };
    let each = revisions.iter().filter(|prepared| prepared.transactional).map(locks);
    if mode == TransactionMode::All { each.sum() } else { each.max().unwrap_or(0) }
}

/// Runs the revisions in their order; `rows` is the version table as it was read under the lock.
///
/// The version table must exist. After an error, what ran before the failed revision stays, but for `TransactionMode::All`,
/// where nothing does.
///
/// # Errors
/// Any `ApplyError`.
pub fn run<'g>(
    database: &mut dyn Database,
    revisions: &[Prepared<'g>],
    rows: &[AppliedRow],
    options: &Options,
    tell: &mut dyn FnMut(Event<'g>),
) -> Result<Summary, ApplyError> {
    let dialect = database.dialect();
    let table = database.version_table(&options.version_table);
    let all = options.transaction == TransactionMode::All;
    let mut run = Run { database, dialect, table, options, tell, all, token: token() };
    if run.all {
        return run.everything(revisions);
    }
    let half_done: Vec<&AppliedRow> = rows.iter().filter(|row| row.is_half_done()).collect();
    let mut summary = Summary::default();
    for prepared in revisions {
        let id = &prepared.revision.id;
        if interruption::requested() {
            return Err(ApplyError::Interrupted { revision: id.clone() });
        }
        run.keep_lock(id)?;
        let begun = half_done.iter().find(|row| row.revision == *id).copied();
        run.started(prepared);
        let started = Instant::now();
        let done = if prepared.transactional && begun.is_none() {
            run.with_retries(prepared)?
        } else {
            run.journalled(prepared, begun)?
        };
        run.finished(prepared, done, started.elapsed());
        match done {
            true => summary.done += 1,
            false => summary.already_done += 1,
        }
    }
    Ok(summary)
}

/// A run on its way.
pub(super) struct Run<'r, 'e> {
    pub database: &'r mut dyn Database,
    pub dialect: &'static Dialect,
    /// The version table as statements write it.
    pub table: String,
    pub options: &'r Options,
    pub tell: &'r mut dyn FnMut(Event<'e>),
    /// Is one transaction open around all revisions?
    all: bool,
    /// Names this run in the rows of half-done revisions: whoever has another may not write there.
    pub token: String,
}

/// Returns 16 hex digits that no other run has.
fn token() -> String {
    // `RandomState` is seeded by the operating system.
    let random = std::hash::RandomState::new();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{:016x}", std::hash::BuildHasher::hash_one(&random, (std::process::id(), now.as_nanos())))
}

/// Why a transaction came to nothing.
pub(super) enum Stop {
    Sql { error: SqlError, failed: Failed, blockers: Option<String> },
    Apply(ApplyError),
}

impl<'e> Run<'_, 'e> {
    fn started(&mut self, prepared: &Prepared<'e>) {
        let &Prepared { revision, direction, .. } = prepared;
        (self.tell)(Event::Started { revision, direction });
        if prepared.is_stored {
            (self.tell)(Event::StoredDowngrade { revision });
        }
    }

    fn finished(&mut self, prepared: &Prepared<'e>, done: bool, took: Duration) {
        let &Prepared { revision, direction, .. } = prepared;
        (self.tell)(match done {
            true => Event::Finished { revision, direction, took },
            false => Event::AlreadyDone { revision, direction },
        });
    }

    /// Stops the run before the next step when the session ended that holds the lock.
    pub(super) fn keep_lock(&mut self, revision: &str) -> Result<(), ApplyError> {
        match self.database.lock_is_lost() {
            true => Err(ApplyError::LockLost { revision: revision.to_owned(), done: 0, of: 0 }),
            false => Ok(()),
        }
    }

    /// Runs a revision in its transaction until it has succeeded or no attempt is left; false: another run had done it.
    fn with_retries(&mut self, prepared: &Prepared<'e>) -> Result<bool, ApplyError> {
        let mut attempt = 1;
        loop {
            match self.transaction(prepared, attempt) {
                Ok(()) => return Ok(true),
                Err(Stop::Apply(error)) => return Err(error),
                Err(Stop::Sql { error, failed: Failed::Claim, .. }) if self.is_claimed(&error) => {
                    return self.claimed_by_another(prepared, error).map(|()| false);
                }
                Err(Stop::Sql { error, blockers, .. }) if self.is_retryable(&error) && attempt < ATTEMPTS => {
                    self.pause(prepared.revision, &error, blockers, attempt);
                    attempt += 1;
                }
                Err(Stop::Sql { error, failed, blockers }) => {
                    let left = "It was rolled back; the database is as it was before this revision.";
                    return Err(self.failure(prepared, error, failed, blockers, left));
                }
            }
        }
    }

    /// Runs all steps in one transaction, from the start again when that was undone by something passing.
    fn everything(&mut self, revisions: &[Prepared<'e>]) -> Result<Summary, ApplyError> {
        let mut left: Vec<&Prepared<'e>> = revisions.iter().collect();
        let mut attempt = 1;
        'again: loop {
            let started = Instant::now();
            let mut begin = Message::default();
            for prepared in &left {
                for piece in &prepared.outside {
                    begin.tool(piece.text(prepared.text()), 1);
                }
            }
            self.begin(&mut begin);
            let Some(first) = left.first().map(|prepared| prepared.revision) else {
                return Ok(Summary { done: 0, already_done: revisions.len() });
            };
            let mut message = begin;
            for (at, &prepared) in left.iter().enumerate() {
                self.started(prepared);
                let is_last = at + 1 == left.len();
                match self.body(prepared, std::mem::take(&mut message), is_last, attempt) {
                    Ok(()) => self.finished(prepared, true, started.elapsed()),
                    Err(Stop::Apply(error)) => {
                        self.roll_back();
                        self.restore();
                        return Err(error);
                    }
                    Err(Stop::Sql { error, failed: Failed::Claim, .. }) if self.is_claimed(&error) => {
                        self.restore();
                        self.claimed_by_another(prepared, error)?;
                        self.finished(prepared, false, started.elapsed());
                        left.remove(at);
                        continue 'again;
                    }
                    Err(Stop::Sql { error, blockers, .. }) if self.is_retryable(&error) && attempt < ATTEMPTS => {
                        self.pause(first, &error, blockers, attempt);
                        attempt += 1;
                        continue 'again;
                    }
                    Err(Stop::Sql { error, failed, blockers }) => {
                        self.restore();
                        let left = "Everything was rolled back; the database is as it was before this run.";
                        return Err(self.failure(prepared, error, failed, blockers, left));
                    }
                }
            }
            self.restore();
            return Ok(Summary { done: left.len(), already_done: revisions.len() - left.len() });
        }
    }

    /// One attempt at a revision: settings outside, the transaction, and the settings restored.
    fn transaction(&mut self, prepared: &Prepared<'e>, attempt: usize) -> Result<(), Stop> {
        let mut outside = Message::default();
        outside.section(prepared.text(), &prepared.outside);
        self.send(&mut outside, attempt)?;
        let mut message = Message::default();
        self.begin(&mut message);
        let result = self.body(prepared, message, true, attempt);
        if let Err(Stop::Apply(_)) = result {
            self.roll_back();
        }
        if !prepared.outside.is_empty() {
            self.restore();
        }
        result
    }

    /// The claim, the statements, the checks and the end. A plain revision is one message to a server; what must be
    /// asked in between (a guard, row counts) ends the message before it.
    fn body(&mut self, prepared: &Prepared<'e>, begun: Message, commit: bool, attempt: usize) -> Result<(), Stop> {
        let started = Instant::now();
        let scripting = &self.dialect.scripting;
        let mut message = begun;
        let (change, rows) = match prepared.direction {
            Direction::Upgrade => {
                let row = new_row(prepared, State::Applied, self.dialect);
                (version_table::insert(&self.table, &row.row(None), self.dialect), 1)
            }
            Direction::Downgrade => {
                (version_table::delete(&self.table, &prepared.rows, self.dialect), prepared.rows.len())
            }
        };
        self.claim(&mut message, prepared, &[], &change, rows);
        let watched = !prepared.keeps_rows.is_empty() || !prepared.outside.is_empty();
        let before = if watched {
            self.send(&mut message, attempt)?;
            (
                self.row_counts(prepared.keeps_rows.iter().map(|table| table.before.as_slice()).collect())?,
                self.violations(prepared)?,
            )
        } else {
            Default::default()
        };
        for part in &prepared.parts {
            if let Some(guard) = &part.guard {
                self.send(&mut message, attempt)?;
                if !self.allows(guard)? {
                    continue;
                }
            }
            message.section(prepared.text(), &part.statements);
        }
        if watched {
            self.send(&mut message, attempt)?;
            self.look_for_damage(prepared, before)?;
        }
        for reset in prepared.resets(self.dialect) {
            message.tool(&reset, 1);
        }
        if prepared.direction == Direction::Upgrade {
            let assignments = match scripting.stop_the_clock {
                Some(assignments) => assignments.to_owned(),
                None => {
                    self.send(&mut message, attempt)?;
                    format!("duration_ms = {}", started.elapsed().as_millis())
                }
            };
            let update = version_table::update(&self.table, &assignments, &prepared.revision.id, self.dialect);
            self.must_change_one(&mut message, &update);
        }
        for statement in self.options.after(prepared, &self.table, self.dialect) {
            message.tool(&statement, 1);
        }
        if commit {
            message.tool("COMMIT", 1);
        }
        self.send(&mut message, attempt)
    }

    /// What comes first in a revision's transaction: nobody else writes the version table until it ends, the rows are as
    /// planned, and the revision's own row is written or removed.
    fn claim(&self, message: &mut Message, prepared: &Prepared, before: &[String], change: &str, rows: usize) {
        let scripting = &self.dialect.scripting;
        if let Some(lock) = (scripting.lock_table)(&self.table) {
            message.tool(&lock, 1);
        }
        let planned = version_table::rows_are(&self.table, &prepared.present, &prepared.absent, self.dialect);
        self.claim_with(message, &(scripting.check)(&planned));
        before.iter().for_each(|statements| self.claim_with(message, statements));
        self.claim_with(message, &(scripting.must_change)(change, rows));
    }

    /// Adds statements whose failure means that the version table is not as this run believes.
    pub(super) fn claim_with(&self, message: &mut Message, statements: &str) {
        message.claim(statements, self.count(statements));
    }

    /// Adds a change of the version table that must meet just one row.
    fn must_change_one(&self, message: &mut Message, change: &str) {
        self.claim_with(message, &(self.dialect.scripting.must_change)(change, 1));
    }

    /// Opens a transaction, claims the revision with `change`, which changes so many rows, and commits.
    pub(super) fn claim_alone(
        &mut self,
        prepared: &Prepared<'e>,
        before: &[String],
        change: &str,
        rows: usize,
    ) -> Result<(), Stop> {
        let mut message = self.message();
        self.begin(&mut message);
        self.claim(&mut message, prepared, before, change, rows);
        message.tool("COMMIT", 1);
        self.send(&mut message, 1)
    }

    /// A message that bears the mark of this run.
    pub(super) fn message(&self) -> Message {
        Message::marked(&self.database.mark(&self.token))
    }

    pub(super) fn begin(&self, message: &mut Message) {
        let begin = (self.dialect.scripting.begin)(self.options.lock_timeout);
        message.tool(&begin, self.count(&begin));
    }

    /// How many statements the tool's own text has.
    pub(super) fn count(&self, text: &str) -> usize {
        split::split(text, self.dialect.syntax).map_or(1, |statements| statements.len())
    }

    pub(super) fn send(&mut self, message: &mut Message, attempt: usize) -> Result<(), Stop> {
        if message.is_empty() {
            return Ok(());
        }
        let message = std::mem::take(message);
        // Only a transaction that had to wait before is worth a second connection.
        let half = self.options.lock_timeout / 2;
        let watcher = (attempt > 1).then(|| self.database.watch_blockers(half)).flatten();
        let result = self.database.execute(&message.text);
        result.map_err(|error| {
            let blockers = watcher.and_then(|watcher| watcher.join().ok()).flatten();
            Stop::Sql { failed: message.blame(&error), error, blockers }
        })
    }

    fn ask(&mut self, query: &str) -> Result<Vec<Vec<Option<String>>>, Stop> {
        let answer = self.database.query(query);
        answer.map_err(|error| Stop::Sql { error, failed: Failed::Tool, blockers: None })
    }

    fn allows(&mut self, guard: &Guard) -> Result<bool, Stop> {
        // `prepare` has seen to it that the database can tell.
        let condition = (self.dialect.scripting.exists)(&guard.subject).unwrap_or_else(|_| "1 = 0".to_owned());
        Ok(is_true(&self.ask(&format!("SELECT {condition}"))?) == guard.when_there)
    }

    fn row_counts(&mut self, tables: Vec<&[String]>) -> Result<Vec<String>, Stop> {
        let mut counts = Vec::new();
        for table in tables {
            let rows =
                self.ask(&format!("SELECT {} FROM {}", self.dialect.scripting.count, quote::qualified(table)))?;
            counts.push(rows.into_iter().flatten().next().flatten().unwrap_or_default());
        }
        Ok(counts)
    }

    /// The rows that violate a foreign key, where the section has switched that check off.
    fn violations(&mut self, prepared: &Prepared) -> Result<Vec<String>, Stop> {
        let Some(query) = self.dialect.scripting.violations.filter(|_| !prepared.outside.is_empty()) else {
            return Ok(Vec::new());
        };
        let words = |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>();
        let rows = self.ask(query)?.into_iter().map(words).map(|row| match row.as_slice() {
            [table, row, parent, ..] => format!("row {row} of {table} refers to a row of {parent} that does not exist"),
            other => other.join(", "),
        });
        Ok(rows.collect())
    }

    fn look_for_damage(&mut self, prepared: &Prepared, before: (Vec<String>, Vec<String>)) -> Result<(), Stop> {
        let damage = |reason: &str, rows: Vec<String>| {
            let (revision, reason) = (prepared.revision.id.clone(), reason.to_owned());
            Err(Stop::Apply(ApplyError::Damage { revision, reason, rows }))
        };
        let (counts, known) = before;
        let after = self.row_counts(prepared.keeps_rows.iter().map(|table| table.after.as_slice()).collect())?;
        let changed = prepared.keeps_rows.iter().zip(counts.iter().zip(&after)).filter(|(_, (old, new))| old != new);
        let lines: Vec<String> = changed
            .map(|(table, (old, new))| {
                format!("{} had {old} rows and would have {new}", quote::qualified(&table.after))
            })
            .collect();
        if !lines.is_empty() {
            return damage("rows would be lost or added in tables that must keep theirs", lines);
        }
        let new: Vec<String> =
            self.violations(prepared)?.into_iter().filter(|violation| !known.contains(violation)).collect();
        match new.is_empty() {
            true => Ok(()),
            false => damage("it leaves dangling foreign keys", new),
        }
    }

    fn is_claimed(&self, error: &SqlError) -> bool {
        has_code(error, self.dialect.scripting.claimed_codes)
    }

    pub(super) fn is_retryable(&self, error: &SqlError) -> bool {
        has_code(error, self.dialect.scripting.retryable_codes)
    }

    pub(super) fn pause(&mut self, revision: &'e Revision, error: &SqlError, blockers: Option<String>, attempt: usize) {
        let reason = error.message.clone();
        (self.tell)(Event::TriedAgain { revision, reason, blockers, attempt: attempt + 1 });
        // Apart from the others that wait for the same lock: 100 ms, doubled each time, up to 5 s, and some chance.
        let chance = u64::from(std::process::id() % 97);
        interruption::sleep(Duration::from_millis((100 << attempt.min(6)).min(5_000) + chance));
    }

    /// The version table is not as planned. When another run has done just this, that is as good.
    ///
    /// # Errors
    /// `Changed`; `error`, when the rows are as planned and the row could not be written all the same.
    pub(super) fn claimed_by_another(&mut self, prepared: &Prepared, error: SqlError) -> Result<(), ApplyError> {
        let rows = self.database.applied(&self.options.version_table)?.unwrap_or_default();
        let row = |id: &RevisionId| rows.iter().find(|row| row.revision == *id);
        let id = &prepared.revision.id;
        let changed = |reason: String| Err(ApplyError::Changed { revision: id.clone(), reason });
        if let Some(half) = prepared.rows.iter().filter_map(row).find(|row| row.is_half_done()) {
            return changed(format!("another run has begun {} and not finished it", half.revision));
        }
        let is_there = prepared.rows.iter().any(|id| row(id).is_some());
        if is_there == (prepared.direction == Direction::Upgrade) {
            return Ok(());
        }
        if let Some(missing) = prepared.present.iter().find(|id| row(id).is_none_or(AppliedRow::is_half_done)) {
            return changed(format!("another run has undone {missing}"));
        }
        if let Some(other) = prepared.absent.iter().find(|id| row(id).is_some()) {
            return changed(format!("another run has applied {other}"));
        }
        let message = format!(
            "the version table {} does not keep what is written to it: a trigger or a rule on it changes or removes the row \
             of revision {id}",
            self.table
        );
        let left = "It was rolled back; the database is as it was before this revision.";
        Err(self.failure(prepared, SqlError { message, ..error }, Failed::Tool, None, left))
    }

    pub(super) fn roll_back(&mut self) {
        // Where an error has done so already, there is nothing to roll back, and that error is no news.
        let _ = self.database.execute("ROLLBACK");
    }

    fn restore(&mut self) {
        if let Some(restore) = self.dialect.scripting.restore {
            let _ = self.database.execute(restore);
        }
    }

    /// Returns the error for the user, with the place in the file.
    pub(super) fn failure(
        &self,
        prepared: &Prepared,
        error: SqlError,
        failed: Failed,
        blockers: Option<String>,
        left: &str,
    ) -> ApplyError {
        let revision = prepared.revision.id.clone();
        let left = match error.connection_lost {
            true => {
                "The connection was lost, so it is not known whether it took effect; the version table records that: run the same command again."
            }
            false => left,
        };
        let Failed::Section { at } = failed else {
            let doing = format!("preparing or recording it {}", on_the_way(&prepared.direction));
            return ApplyError::Around { revision, doing, error, left: left.to_owned() };
        };
        let number = prepared.statements().take_while(|piece| piece.start <= at).count();
        ApplyError::Statement {
            revision,
            direction: prepared.direction,
            statement: number.max(1),
            of: prepared.statement_count(),
            place: prepared.place(at, self.dialect),
            error,
            blockers,
            left: left.to_owned(),
        }
    }
}

/// What the row of an upgraded revision says.
pub(super) struct Row<'p> {
    prepared: &'p Prepared<'p>,
    downgrade: Option<String>,
    state: State,
}

impl Row<'_> {
    /// The row; `run` is the token of the run for one that begins half done.
    pub fn row<'r>(&'r self, run: Option<&'r str>) -> NewRow<'r> {
        let prepared = self.prepared;
        NewRow {
            revision: &prepared.revision.id,
            message: &prepared.revision.message,
            checksum: &prepared.checksum,
            script: prepared.section.as_ref().map(|section| section.text.as_str()),
            downgrade_script: self.downgrade.as_deref(),
            state: self.state,
            run,
        }
    }
}

pub(super) fn new_row<'p>(prepared: &'p Prepared<'p>, state: State, dialect: &Dialect) -> Row<'p> {
    let downgrade = prepared.revision.section(Direction::Downgrade, dialect.syntax);
    Row { prepared, downgrade: downgrade.map(version_table::stored_section), state }
}

pub(super) fn has_code(error: &SqlError, codes: &[&str]) -> bool {
    error.code.as_deref().is_some_and(|code| codes.contains(&code))
}

/// Is the one cell of the answer a true value, as either database writes it?
pub(super) fn is_true(rows: &[Vec<Option<String>>]) -> bool {
    let cell = rows.first().and_then(|row| row.first()).and_then(Option::as_deref);
    matches!(cell, Some("t" | "1" | "true"))
}

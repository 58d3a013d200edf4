//! A `no-transaction` section, statement by statement, with a journal in its row of the version table.
//!
//! Each step is claimed before it runs, from the state before it and by the token of this run, so that no statement runs
//! twice whatever is lost in between (docs/protocol.md):
//!
//! - A statement that may run in a transaction commits together with its claim, so the journal is exact for it.
//! - One that refuses a transaction is claimed (`statements_done = -N`), run, and confirmed (`N`). When a run was cut off in
//!   between, the catalog shows whether it took effect.
//!
//! A run that continues with what another began waits until no session of the other is at work, and takes the row over;
//! from then on the other's claims fail.

use std::time::{Duration, Instant};

use super::message::Failed;
use super::online::{ATTEMPTS, Run, Stop, has_code, is_true, new_row};
use super::prepare::{Prepared, PreparedPart};
use super::{ApplyError, Event};
use crate::database::version_table::{self, AppliedRow, State};
use crate::database::{Earlier, Effect, LockClass, SessionEffect, SqlError, WaitWatch, Waited, interruption};
use crate::revision::Direction;
use crate::sql::split::Piece;
use crate::sql::token::{TokenKind, name_of, tokens};

/// How long a session of an earlier run may wait for its client before it is ended: a run that lost the lock sees that
/// before its next statement.
const GRACE: Duration = Duration::from_secs(2);

/// How old a claim may be when its statement is sent. A process that was suspended in between claims again.
const CLAIM_IS_FRESH: Duration = Duration::from_secs(5);

/// A place in the journal: `statements_done`.
type Done = i64;

/// What is known of a statement that was claimed by a run that was cut off.
enum Known {
    Undone,
    Done,
    /// Only the user can find out.
    Unknown,
}

impl<'e> Run<'_, 'e> {
    /// Runs the section, from where an earlier run was cut off if `begun` says so; false: another run had done it.
    pub(super) fn journalled(
        &mut self,
        prepared: &Prepared<'e>,
        begun: Option<&AppliedRow>,
    ) -> Result<bool, ApplyError> {
        let started = Instant::now();
        let of = prepared.statement_count();
        let state = match prepared.direction {
            Direction::Upgrade => State::Running,
            Direction::Downgrade => State::Reverting,
        };
        let done = match begun {
            Some(row) => {
                self.may_go_on(prepared, row, state)?;
                let row = self.take_over(prepared, row)?;
                let begun = row.statements_done.unsigned_abs() as usize;
                let done = if row.statements_done < 0 { begun - 1 } else { begun };
                (self.tell)(Event::Resumed { revision: prepared.revision, done, of });
                self.repeat_session(prepared, done)?;
                match row.statements_done {
                    ..0 => self.look_up(prepared, begun)?,
                    _ => done,
                }
            }
            None => {
                if !self.open_journal(prepared, state)? {
                    return Ok(false);
                }
                0
            }
        };
        self.statements(prepared, done)?;
        for reset in prepared.resets(self.dialect) {
            self.own(prepared, &reset)?;
        }
        let mine = self.mine(prepared, of as Done);
        let close = match prepared.direction {
            Direction::Upgrade => {
                let clock = self.dialect.scripting.stop_the_clock.map(str::to_owned);
                let clock = clock.unwrap_or_else(|| format!("duration_ms = {}", started.elapsed().as_millis()));
                let assignments = format!("state = 'applied', run = NULL, run_process = NULL, {clock}");
                format!("UPDATE {} SET {assignments} WHERE {mine}", self.table)
            }
            Direction::Downgrade => format!("DELETE FROM {} WHERE {mine}", self.table),
        };
        let after = self.options.after(prepared, &self.table, self.dialect);
        self.claim_step(prepared, &close, &after, of)?;
        Ok(true)
    }

    /// A run may go on with what another began only in the same direction and with the same statements.
    fn may_go_on(&mut self, prepared: &Prepared, row: &AppliedRow, state: State) -> Result<(), ApplyError> {
        let stuck = |reason: String, hint: String| {
            Err(ApplyError::Stuck { revision: prepared.revision.id.clone(), reason, hint })
        };
        let id = &prepared.revision.id;
        if row.state != state {
            let (was, command) = match row.state {
                State::Reverting => ("its downgrade was interrupted", "downgrade"),
                _ => ("its upgrade was interrupted", "upgrade"),
            };
            return stuck(was.to_owned(), format!("finish that with `migrate {command}` first"));
        }
        let of = prepared.statement_count();
        if row.statements_done.unsigned_abs() > of as u64 {
            return stuck(
                format!("the version table counts {} of its statements, and it has {of}", row.statements_done),
                format!("find out which statement is next, and run `migrate repair {id} --resume-at N`"),
            );
        }
        if row.checksum != prepared.checksum {
            return stuck(
                "its section was edited since, so it is not known which statements remain".to_owned(),
                format!(
                    "restore the file; or, if you know which statement is next, run `migrate repair {id} --resume-at N`"
                ),
            );
        }
        Ok(())
    }

    /// Writes the row that says that the section has begun; false: another run has done all of it.
    fn open_journal(&mut self, prepared: &Prepared<'e>, state: State) -> Result<bool, ApplyError> {
        let id = &prepared.revision.id;
        let text = |text: &str| crate::sql::quote::literal(text, self.dialect.syntax);
        let (change, rows) = match prepared.direction {
            Direction::Downgrade if prepared.rows == [id.clone()] => {
                let section = prepared.section.as_deref().map(version_table::stored_section).unwrap_or_default();
                let assignments = format!(
                    "state = 'reverting', statements_done = 0, run = {}, run_process = {}, checksum = {}, \
                     downgrade_script = {}",
                    text(&self.token),
                    self.dialect.scripting.process,
                    text(&prepared.checksum),
                    text(&section)
                );
                (version_table::update(&self.table, &assignments, id, self.dialect), 1)
            }
            // One row stands for those that the revision replaces while it is undone.
            Direction::Downgrade => {
                let row = new_row(prepared, state, self.dialect);
                let insert = version_table::insert(&self.table, &row.row(Some(&self.token)), self.dialect);
                let delete = version_table::delete(&self.table, &prepared.rows, self.dialect);
                let delete = (self.dialect.scripting.must_change)(&delete, prepared.rows.len());
                return self.opened(prepared, &[delete], &insert, 1);
            }
            Direction::Upgrade => {
                let row = new_row(prepared, state, self.dialect);
                (version_table::insert(&self.table, &row.row(Some(&self.token)), self.dialect), 1)
            }
        };
        self.opened(prepared, &[], &change, rows)
    }

    fn opened(
        &mut self,
        prepared: &Prepared<'e>,
        before: &[String],
        change: &str,
        rows: usize,
    ) -> Result<bool, ApplyError> {
        let mut attempt = 1;
        loop {
            match self.claim_alone(prepared, before, change, rows) {
                Ok(()) => return Ok(true),
                Err(Stop::Apply(error)) => return Err(error),
                Err(Stop::Sql { error, failed: Failed::Claim, .. })
                    if has_code(&error, self.dialect.scripting.claimed_codes) =>
                {
                    return self.claimed_by_another(prepared, error).map(|()| false);
                }
                Err(Stop::Sql { error, blockers, .. }) if self.is_retryable(&error) && attempt < ATTEMPTS => {
                    self.pause(prepared.revision, &error, blockers, attempt);
                    attempt += 1;
                }
                Err(Stop::Sql { error, failed, blockers }) => {
                    return Err(self.failure(prepared, error, failed, blockers, "None of its statements has run."));
                }
            }
        }
    }

    /// The row of this revision while this run has it and `done` is where it is.
    fn mine(&self, prepared: &Prepared, done: Done) -> String {
        version_table::is_mine(&prepared.revision.id, &self.token, done, self.dialect)
    }

    /// The step of the journal from one place to the next, which only this run can make, and only once.
    fn step(&self, prepared: &Prepared, from: Done, to: Done) -> String {
        format!("UPDATE {} SET statements_done = {to} WHERE {}", self.table, self.mine(prepared, from))
    }

    /// Waits until no session of the earlier run is at work, and makes the row this run's; returns it as it is then.
    fn take_over(&mut self, prepared: &Prepared<'e>, row: &AppliedRow) -> Result<AppliedRow, ApplyError> {
        let id = &prepared.revision.id;
        let deadline = Instant::now() + self.options.lock_wait;
        let began = Instant::now();
        let mut row = row.clone();
        let (mut told, mut idle_since) = (None, None);
        loop {
            let earlier = match &row.run {
                Some(run) => self.database.earlier(run, row.run_process.as_deref()),
                None => Ok(Earlier::Gone),
            };
            let earlier = earlier.map_err(|error| self.stopped(prepared, error, Failed::Tool, None, 0))?;
            let words = match earlier {
                Earlier::Gone => match self.take_row(prepared, &row)? {
                    Some(taken) => return Ok(taken),
                    None => {
                        row = self.read_again(prepared)?;
                        continue;
                    }
                },
                Earlier::AtWork(words) => {
                    idle_since = None;
                    words
                }
                Earlier::Idle(words, process) => {
                    let since = *idle_since.get_or_insert_with(Instant::now);
                    if since.elapsed() >= GRACE
                        && let Some(run) = &row.run
                    {
                        self.database.end_session(run, &process);
                    }
                    format!("{words}, which waits for its client")
                }
            };
            if told.as_ref() != Some(&words) {
                (self.tell)(Event::EarlierAtWork { revision: prepared.revision, words: words.clone() });
                told = Some(words.clone());
            }
            if Instant::now() >= deadline {
                let waited_seconds = began.elapsed().as_secs();
                return Err(ApplyError::EarlierAtWork { revision: id.clone(), words, waited_seconds });
            }
            if interruption::is_cancelled() {
                return Err(ApplyError::Interrupted { revision: id.clone() });
            }
            self.keep_lock(id)?;
            interruption::sleep(Duration::from_millis(100));
        }
    }

    /// Makes a half-done row this run's, from just the state in which it was read; None: it has changed since.
    fn take_row(&mut self, prepared: &Prepared<'e>, row: &AppliedRow) -> Result<Option<AppliedRow>, ApplyError> {
        let text = |text: &str| crate::sql::quote::literal(text, self.dialect.syntax);
        let equals = self.dialect.scripting.equals;
        let run =
            row.run.as_deref().map_or_else(|| "run IS NULL".to_owned(), |run| format!("run {equals} {}", text(run)));
        let take = format!(
            "UPDATE {} SET run = {}, run_process = {} WHERE {} AND state {equals} {} AND statements_done {equals} {} AND {run}",
            self.table,
            text(&self.token),
            self.dialect.scripting.process,
            version_table::is_one_of(&[&prepared.revision.id], self.dialect),
            text(row.state.name()),
            row.statements_done
        );
        match self.send_claim(&take, &[]) {
            Ok(()) => Ok(Some(AppliedRow { run: Some(self.token.clone()), ..row.clone() })),
            Err(Stop::Apply(error)) => Err(error),
            Err(Stop::Sql { error, failed: Failed::Claim, .. })
                if has_code(&error, self.dialect.scripting.claimed_codes) =>
            {
                Ok(None)
            }
            Err(Stop::Sql { error, failed, blockers }) => Err(self.stopped(prepared, error, failed, blockers, 0)),
        }
    }

    fn read_again(&mut self, prepared: &Prepared) -> Result<AppliedRow, ApplyError> {
        let id = &prepared.revision.id;
        let rows = self.database.applied(&self.options.version_table)?.unwrap_or_default();
        let row = rows.into_iter().find(|row| row.revision == *id && row.is_half_done());
        row.ok_or_else(|| ApplyError::Changed {
            revision: id.clone(),
            reason: "the run that began it has finished it in the meantime".to_owned(),
        })
    }

    /// Sets again what the first `done` statements have set in a session that is gone.
    fn repeat_session(&mut self, prepared: &Prepared<'e>, done: usize) -> Result<(), ApplyError> {
        let texts: Vec<&str> = prepared.statements().map(|piece| piece.text(prepared.text())).collect();
        let (ran, left) = texts.split_at(done.min(texts.len()));
        for (at, text) in ran.iter().enumerate() {
            match (self.dialect.scripting.session_effect)(text) {
                SessionEffect::None => {}
                SessionEffect::Repeatable => {
                    let text = text.trim_end().trim_end_matches(';');
                    let result = self.database.execute(text);
                    let failed = Failed::Section { at: prepared.statements().nth(at).map_or(0, |piece| piece.start) };
                    result.map_err(|error| self.stopped(prepared, error, failed, None, at + 1))?;
                }
                SessionEffect::Lost(name) if left.iter().any(|text| self.names(text, &name)) => {
                    return Err(ApplyError::Stuck {
                        revision: prepared.revision.id.clone(),
                        reason: format!(
                            "its statement {} created {name}, which was lost with the interrupted session, and a remaining statement needs it",
                            at + 1
                        ),
                        hint: format!(
                            "undo by hand what its first {done} statements did and run `migrate repair {} --resume-at 1`; \
                             keep data between statements in a real table, or run the section in a transaction",
                            prepared.revision.id
                        ),
                    });
                }
                SessionEffect::Lost(_) => {}
            }
        }
        Ok(())
    }

    fn names(&self, statement: &str, name: &str) -> bool {
        let syntax = self.dialect.syntax;
        tokens(statement, syntax).any(|token| {
            matches!(token.kind, TokenKind::Word | TokenKind::QuotedName)
                && name_of(token.text(statement), syntax).eq_ignore_ascii_case(name)
        })
    }

    fn statements(&mut self, prepared: &Prepared<'e>, done: usize) -> Result<(), ApplyError> {
        let mut first = 1;
        for part in &prepared.parts {
            let last = first + part.statements.len() - 1;
            // Asked before the first statement of the part only: its own statements change the answer.
            if first > done && !self.allows_part(prepared, part, first)? {
                self.move_to(prepared, first as Done - 1, last as Done, last)?;
                first = last + 1;
                continue;
            }
            for (number, piece) in (first..).zip(&part.statements).filter(|(number, _)| *number > done) {
                self.keep_lock_between(prepared, number)?;
                self.statement(prepared, *piece, number)?;
            }
            first = last + 1;
        }
        Ok(())
    }

    /// Does the part's guard let its statements run?
    fn allows_part(&mut self, prepared: &Prepared, part: &PreparedPart, number: usize) -> Result<bool, ApplyError> {
        let Some(guard) = &part.guard else { return Ok(true) };
        let condition = (self.dialect.scripting.exists)(&guard.subject).unwrap_or_else(|_| "1 = 0".into());
        let rows = self.database.query(&format!("SELECT {condition}"));
        let rows = rows.map_err(|error| self.stopped(prepared, error, Failed::Tool, None, number))?;
        Ok(is_true(&rows) == guard.when_there)
    }

    fn keep_lock_between(&mut self, prepared: &Prepared, number: usize) -> Result<(), ApplyError> {
        self.keep_lock(&prepared.revision.id).map_err(|error| match error {
            ApplyError::LockLost { revision, .. } => {
                ApplyError::LockLost { revision, done: number - 1, of: prepared.statement_count() }
            }
            other => other,
        })
    }

    /// Runs one statement: in a transaction with its claim, or, if the server refuses that, between claim and confirmation.
    fn statement(&mut self, prepared: &Prepared<'e>, piece: Piece, number: usize) -> Result<(), ApplyError> {
        let text = piece.text(prepared.text());
        if !(self.dialect.scripting.refuses_transaction)(text) && self.in_transaction(prepared, piece, number)? {
            return Ok(());
        }
        self.outside_transaction(prepared, piece, number)
    }

    /// Runs one statement after its claim in one transaction; false: the server refused it because of the transaction.
    fn in_transaction(&mut self, prepared: &Prepared<'e>, piece: Piece, number: usize) -> Result<bool, ApplyError> {
        let mut attempt = 1;
        loop {
            let mut message = self.message();
            self.begin(&mut message);
            let step = self.step(prepared, number as Done - 1, number as Done);
            self.claim_with(&mut message, &(self.dialect.scripting.must_change)(&step, 1));
            message.section(prepared.text(), &[piece]);
            message.tool("COMMIT", 1);
            match self.send(&mut message, attempt) {
                Ok(()) => return Ok(true),
                Err(Stop::Apply(error)) => return Err(error),
                Err(Stop::Sql { error, failed, .. }) if self.is_taken_over(failed, &error) => {
                    return Err(self.taken_over(prepared, number));
                }
                Err(Stop::Sql { error, .. }) if has_code(&error, self.dialect.scripting.in_transaction_codes) => {
                    return Ok(false);
                }
                Err(Stop::Sql { error, blockers, .. }) if self.is_retryable(&error) && attempt < ATTEMPTS => {
                    self.pause(prepared.revision, &error, blockers, attempt);
                    attempt += 1;
                }
                Err(Stop::Sql { error, failed, blockers }) => {
                    return Err(self.stopped(prepared, error, failed, blockers, number));
                }
            }
        }
    }

    /// Claims a statement, runs it by itself, and confirms that it took effect.
    fn outside_transaction(&mut self, prepared: &Prepared<'e>, piece: Piece, number: usize) -> Result<(), ApplyError> {
        let text = piece.text(prepared.text());
        let (before, claimed, after) = (number as Done - 1, -(number as Done), number as Done);
        // What the statement would make is there already, or half of it, and not by this section: it fails, or leaves
        // things as they are. Whoever continues after a cut has to run it again, and not to believe what the catalog shows.
        if let Effect::Ask(query) = (self.dialect.scripting.effect)(text)
            && self.effect(prepared, &query, number)?.as_deref() != Some("undone")
        {
            self.alone(prepared, piece, number, before)?;
            return self.move_to(prepared, before, after, number);
        }
        loop {
            let asked = Instant::now();
            self.move_to(prepared, before, claimed, number)?;
            if asked.elapsed() < CLAIM_IS_FRESH {
                break;
            }
            self.move_to(prepared, claimed, before, number)?;
        }
        self.alone(prepared, piece, number, claimed)?;
        self.move_to(prepared, claimed, after, number)
    }

    /// Runs one statement by itself, with the patience for locks of its class. When it answers with an error, the journal, at
    /// `place`, goes back to before it.
    fn alone(&mut self, prepared: &Prepared<'e>, piece: Piece, number: usize, place: Done) -> Result<(), ApplyError> {
        let scripting = &self.dialect.scripting;
        let text = piece.text(prepared.text());
        let class = (scripting.lock_class)(text);
        let patience = (scripting.patience)(class, self.options.lock_timeout);
        for setting in &patience.before {
            self.own(prepared, setting)?;
        }
        let result = self.alone_with_retries(prepared, piece, class, number);
        let before = number as Done - 1;
        let failed_whole = match &result {
            // What is left of a statement that was given up can't be cleared away now, either.
            Err((error, _, waited)) => {
                place != before && !waited.cancelled && self.failed_whole(prepared, text, number, error)
            }
            Ok(()) => false,
        };
        for setting in &patience.after {
            // On a connection that is lost there is nothing to reset.
            let _ = interruption::uninterruptible(|| self.database.execute(setting));
        }
        let Err((error, failed, waited)) = result else { return Ok(()) };
        if failed_whole {
            self.move_to(prepared, place, before, number)?;
        }
        Err(self.stopped(prepared, error, failed, waited.last, number))
    }

    /// Runs the statement; one that can't have its locks in time is tried again, as a transaction is.
    fn alone_with_retries(
        &mut self,
        prepared: &Prepared<'e>,
        piece: Piece,
        class: LockClass,
        number: usize,
    ) -> Result<(), (SqlError, Failed, Waited)> {
        let mut message = self.message();
        message.section(prepared.text(), &[piece]);
        let text = message.text.trim_end().trim_end_matches(';');
        let mut attempt = 1;
        loop {
            let watch = (class == LockClass::Concurrent).then(|| self.watch_waits(prepared, number)).flatten();
            let result = self.database.execute(text);
            let waited = watch.map(WaitWatch::end).unwrap_or_default();
            match result {
                Ok(()) => return Ok(()),
                Err(error) if class == LockClass::Short && self.is_retryable(&error) && attempt < ATTEMPTS => {
                    self.pause(prepared.revision, &error, None, attempt);
                    attempt += 1;
                }
                Err(mut error) => {
                    if waited.cancelled {
                        error.message = "gave up waiting for older transactions (`run.concurrent_wait`)".to_owned();
                    }
                    let failed = message.blame(&error);
                    return Err((error, failed, waited));
                }
            }
        }
    }

    /// Reports whom a concurrent statement waits for, and cancels it after `run.concurrent_wait`.
    fn watch_waits(&mut self, prepared: &Prepared, number: usize) -> Option<WaitWatch> {
        let report = self.options.report_wait;
        let what = format!("statement {number} of {} waits for", prepared.revision.id);
        let tell = move |words: &str| {
            if let Some(report) = report {
                report(&format!("{what} {words}"));
            }
        };
        self.database.watch_waits(self.options.concurrent_wait, Box::new(tell))
    }

    /// A claimed statement answered with an error: is nothing of it left, or was that cleared away? If not, the next run
    /// looks it up.
    fn failed_whole(&mut self, prepared: &Prepared<'e>, text: &str, number: usize, error: &SqlError) -> bool {
        if error.connection_lost {
            return false;
        }
        match (self.dialect.scripting.effect)(text) {
            Effect::RunAgain => true,
            // To clear it away takes time, which an interruption does not leave.
            Effect::Ask(_) | Effect::RunAgainAfter(_) => {
                !error.interrupted
                    && self.clear(prepared, text, number).is_ok_and(|known| !matches!(known, Known::Done))
            }
            // A procedure may have committed a part. Class 42 is found before anything runs: a syntax error, a missing name
            // or right (PostgreSQL manual, appendix A).
            Effect::Unknown => error.code.as_deref().is_some_and(|code| code.starts_with("42")),
        }
    }

    /// Looks up whether statement `number`, which another run had claimed, took effect; returns how many statements have.
    fn look_up(&mut self, prepared: &Prepared<'e>, number: usize) -> Result<usize, ApplyError> {
        let piece = prepared.statements().nth(number - 1);
        let text = piece.map_or("", |piece| piece.text(prepared.text()));
        let done = match self.clear(prepared, text, number)? {
            Known::Done => number,
            Known::Undone => number - 1,
            Known::Unknown => return Err(self.unknown(prepared, number)),
        };
        self.move_to(prepared, -(number as Done), done as Done, number)?;
        Ok(done)
    }

    /// Finds out whether the statement took effect, and clears away, or ends, what it left half done.
    fn clear(&mut self, prepared: &Prepared<'e>, text: &str, number: usize) -> Result<Known, ApplyError> {
        let query = match (self.dialect.scripting.effect)(text) {
            Effect::RunAgain => return Ok(Known::Undone),
            Effect::Unknown => return Ok(Known::Unknown),
            Effect::Ask(query) | Effect::RunAgainAfter(query) => query,
        };
        // One statement for each half-done object at most; a table has no more indexes than that.
        for _ in 0..1000 {
            match self.effect(prepared, &query, number)?.as_deref() {
                Some("done") => return Ok(Known::Done),
                Some("undone") | None => return Ok(Known::Undone),
                Some(first) => {
                    let first = format!("{}{first}", self.database.mark(&self.token));
                    let watch = self.watch_waits(prepared, number);
                    let cleared = self.database.execute(&first);
                    drop(watch.map(WaitWatch::end));
                    cleared.map_err(|error| self.stopped(prepared, error, Failed::Tool, None, number))?;
                }
            }
        }
        Ok(Known::Unknown)
    }

    /// The answer of an `Effect::Ask`: `done`, `undone`, or a statement to run first.
    fn effect(&mut self, prepared: &Prepared, query: &str, number: usize) -> Result<Option<String>, ApplyError> {
        let rows = self.database.query(query);
        let rows = rows.map_err(|error| self.stopped(prepared, error, Failed::Tool, None, number))?;
        Ok(rows.into_iter().flatten().next().flatten())
    }

    /// Moves the journal from one place to another, by itself.
    fn move_to(&mut self, prepared: &Prepared<'e>, from: Done, to: Done, number: usize) -> Result<(), ApplyError> {
        let step = self.step(prepared, from, to);
        self.claim_step(prepared, &step, &[], number)
    }

    /// Sends a change of the row that only this run can make, in a transaction with what follows from it.
    fn claim_step(
        &mut self,
        prepared: &Prepared<'e>,
        change: &str,
        after: &[String],
        number: usize,
    ) -> Result<(), ApplyError> {
        // What is due is written though the run is to stop: the next one continues from it.
        match interruption::uninterruptible(|| self.send_claim(change, after)) {
            Ok(()) => Ok(()),
            Err(Stop::Apply(error)) => Err(error),
            Err(Stop::Sql { error, failed, .. }) if self.is_taken_over(failed, &error) => {
                Err(self.taken_over(prepared, number))
            }
            Err(Stop::Sql { error, .. }) => {
                let left = "Its earlier statements took effect; run the same command again to continue from there.";
                Err(self.failure(prepared, error, Failed::Tool, None, left))
            }
        }
    }

    fn send_claim(&mut self, change: &str, after: &[String]) -> Result<(), Stop> {
        let mut message = self.message();
        self.begin(&mut message);
        self.claim_with(&mut message, &(self.dialect.scripting.must_change)(change, 1));
        for statement in after {
            message.tool(statement, 1);
        }
        message.tool("COMMIT", 1);
        self.send(&mut message, 1)
    }

    fn is_taken_over(&self, failed: Failed, error: &SqlError) -> bool {
        failed == Failed::Claim && has_code(error, self.dialect.scripting.claimed_codes)
    }

    fn taken_over(&self, prepared: &Prepared, number: usize) -> ApplyError {
        let (done, of) = (number.saturating_sub(1), prepared.statement_count());
        ApplyError::TakenOver { revision: prepared.revision.id.clone(), done, of }
    }

    /// Runs a statement of the tool's own.
    fn own(&mut self, prepared: &Prepared, statement: &str) -> Result<(), ApplyError> {
        let result = interruption::uninterruptible(|| self.database.execute(statement));
        let left = "Its earlier statements took effect; run the same command again to continue from there.";
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
            0 | 1 => "None of its statements took effect; fix the cause and run the same command again.".to_owned(),
            2 => "Its statement 1 took effect; fix the cause, and the same command continues from there.".to_owned(),
            _ => format!(
                "Its statements 1 to {} took effect; fix the cause, and the same command continues from there.",
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
                "the run was interrupted during statement {number}{place}, and the catalog does not show whether it took effect"
            ),
            hint: format!(
                "check whether it did, then run `migrate repair {id} --resume-at {}` if so, or `--resume-at {number}` to run \
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

//! What `upgrade` and `downgrade` share: the words for what happens while revisions run, and the report of it.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::failure::Failure;
use super::output::{self, Output};
use super::visible::visible;
use super::{Exit, Session};
use crate::apply::follow::Follower;
use crate::apply::plan::{self, Plan, Route};
use crate::apply::{self, Event, LockShortage, Options};
use crate::config::TransactionMode;
use crate::database::losses::shortened;
use crate::database::version_table::AppliedRow;
use crate::database::{Database, interruption};
use crate::revision::{Direction, Revision};
use crate::sql::token::tokens;
use crate::sql::{Syntax, split};
use crate::words::counted;

/// How revisions and transactions go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Transaction {
    /// Each revision in a transaction of its own
    PerRevision,
    /// All revisions in one transaction
    All,
    /// Every statement on its own, with a journal
    None,
}

/// Returns the options of the project, with the transaction mode that the command line asks for.
///
/// # Errors
/// A `Failure` if the configuration can't be read.
pub fn options(session: &mut Session, transaction: Option<Transaction>) -> Result<Options, Failure> {
    let mut options = Options::of(session.config()?);
    options.report_wait = (!session.output.quiet).then_some(output::report as fn(&str));
    if let Some(transaction) = transaction {
        options.transaction = match transaction {
            Transaction::PerRevision => TransactionMode::PerRevision,
            Transaction::All => TransactionMode::All,
            Transaction::None => TransactionMode::None,
        };
    }
    if let Some(table) = session.config()?.database.alembic_version_table.clone() {
        let graph = session.graph()?;
        options.follower = Some(Follower::new(&table, &graph.revisions().collect::<Vec<_>>()));
    }
    Ok(options)
}

/// Says what a plan would run, after everything that can be looked at before has been.
///
/// # Errors
/// A `Failure` if a section can't be printed.
pub fn dry_run(output: &Output, plan: &Plan, options: &Options, database: &dyn Database) -> Result<Exit, Failure> {
    apply::prepare_all(&plan.steps, options.transaction, database.dialect())?;
    let revisions: Vec<Value> =
        plan.steps.iter().map(|step| entry(step.revision, step.direction, "would run", None)).collect();
    if output.json {
        output.json(&json!({ "database": database.place(), "dry_run": true, "revisions": revisions }));
        return Ok(Exit::Done);
    }
    for step in &plan.steps {
        let verb = match step.direction {
            Direction::Upgrade => "would upgrade",
            Direction::Downgrade => "would downgrade",
        };
        output.result(line(verb, step.revision, ""));
    }
    if plan.steps.is_empty() {
        output.say("nothing to do");
    }
    Ok(Exit::Done)
}

/// Runs a plan under the lock, where it is made again, and prints what happens.
///
/// `looked` is the plan that was made without the lock; if it was `confirmed`, no other is run. The revision files are read
/// again if another run had the lock: they may have changed meanwhile. `already_there` is what to print if there is nothing
/// to do.
///
/// # Errors
/// A `Failure` if the plan changed while waiting for the lock, or the run failed.
pub fn execute(
    session: &mut Session,
    route: Route,
    looked: &Plan,
    confirmed: bool,
    options: &Options,
    database: &mut dyn Database,
    already_there: &str,
) -> Result<Exit, Failure> {
    if looked.steps.is_empty() {
        if !looked.unknown.is_empty() {
            session.output.warn(unknown_rows(&looked.unknown));
        }
        return Ok(finish(&session.output, &database.place(), already_there, Vec::new()));
    }
    let output = &session.output;
    let waited = plan::lock(database, options, &mut |holder| output.say(waiting(holder)))?;
    let graph = if waited { session.graph_read_again()? } else { session.graph()? };
    let planned = looked.ids();
    let syntax = database.dialect().syntax;
    let printer = ProgressPrinter::new(&session.output, planned.len(), options.transaction, syntax);
    let result = plan::under_the_lock(database, &graph, route, &planned, confirmed, options, &mut |event| {
        printer.tell(&event);
    });
    printer.bar.finish_and_clear();
    let output = &session.output;
    let revisions = printer.revisions.into_inner();
    let Err(error) = result else { return Ok(finish(output, &database.place(), already_there, revisions)) };
    if printer.done.into_inner() > 0 && !output.json && options.transaction == TransactionMode::All {
        output.say("what was listed above has been rolled back");
    }
    let failure = Failure::from(error);
    let ids: Vec<&str> = revisions.iter().filter_map(|entry| entry["revision"].as_str()).collect();
    if interruption::requested() {
        return Err(interrupted(failure, route.direction, &planned, &ids, options.transaction));
    }
    Err(match output.json && !ids.is_empty() && options.transaction != TransactionMode::All {
        true => failure.note(format!("done before it: {}", ids.join(", "))),
        false => failure,
    })
}

fn finish(output: &Output, place: &str, already_there: &str, revisions: Vec<Value>) -> Exit {
    if output.json {
        output.json(&json!({ "database": place, "dry_run": false, "revisions": revisions }));
    } else if revisions.is_empty() {
        output.say(format_args!("nothing to do: {already_there}"));
    }
    Exit::Done
}

/// What is printed once while another run has the lock.
pub fn waiting(holder: &str) -> String {
    format!("waiting: another run of migrate holds the lock: {holder}")
}

fn unknown_rows(rows: &[AppliedRow]) -> String {
    let rows = rows.iter().map(|row| format!("{} ({}, applied {})", row.revision, row.message, row.applied_at));
    let rows = rows.collect::<Vec<_>>().join(", ");
    format!("the database has {rows}, but there is no file for it here (is the checkout out of date?)")
}

/// Adds what was done and what was not to the failure of a run that was told to stop.
fn interrupted(
    mut failure: Failure,
    direction: Direction,
    planned: &[String],
    done: &[&str],
    mode: TransactionMode,
) -> Failure {
    let done = if mode == TransactionMode::All { &[] } else { done };
    let left: Vec<&str> = planned.iter().map(String::as_str).filter(|id| !done.contains(id)).collect();
    let (is_done, is_left) = match direction {
        Direction::Downgrade => ("undone", "still applied"),
        Direction::Upgrade => ("applied", "not applied"),
    };
    for (words, ids) in [(is_done, done), (is_left, &left)] {
        if !ids.is_empty() {
            failure.notes.push(format!("{words}: {}", ids.join(", ")));
        }
    }
    failure.hint("the same command continues from there")
}

/// Turns events into lines.
struct ProgressPrinter<'o> {
    output: &'o Output,
    bar: ProgressBar,
    revisions: RefCell<Vec<Value>>,
    done: RefCell<usize>,
    mode: TransactionMode,
    syntax: Syntax,
    began: Instant,
}

impl<'o> ProgressPrinter<'o> {
    fn new(output: &'o Output, steps: usize, mode: TransactionMode, syntax: Syntax) -> Self {
        // A few revisions are told line by line soon enough.
        let bar = if steps > 5 { output.progress(steps) } else { ProgressBar::hidden() };
        ProgressPrinter {
            output,
            bar,
            revisions: RefCell::default(),
            done: RefCell::default(),
            mode,
            syntax,
            began: Instant::now(),
        }
    }

    fn tell(&self, event: &Event) {
        match event {
            Event::Waiting { holder } => self.say(waiting(holder)),
            Event::LockShortage { lock_shortage } => {
                let way_out = match self.mode {
                    TransactionMode::All => "run with `--transaction per-revision`",
                    _ => "divide the revision",
                };
                self.warn(lock_shortage_warning(lock_shortage, way_out));
            }
            Event::UnknownRows { rows } => self.warn(unknown_rows(rows)),
            Event::Started { revision, direction } => {
                self.details(revision, *direction);
                self.bar.set_message(visible(&format!("{} {}", revision.id, first_line(&revision.message))));
            }
            Event::Finished { revision, direction, took } => {
                *self.done.borrow_mut() += 1;
                let (verb, status) = match direction {
                    Direction::Upgrade => ("upgraded", "applied"),
                    Direction::Downgrade => ("downgraded", "reverted"),
                };
                self.took_place(revision, *direction, verb, status, Some(*took));
                self.note_of_nothing(revision, *direction);
            }
            Event::AlreadyDone { revision, direction } => {
                let verb = "done by another run";
                self.took_place(revision, *direction, verb, "done by another run", None);
            }
            Event::Resumed { revision, done, of } => {
                self.say(format!("resuming {} at statement {} of {of}", revision.id, done + 1))
            }
            Event::EarlierAtWork { revision, words } => {
                self.say(format!("waiting: an earlier run of {} is still running: {words}", revision.id));
            }
            Event::StoredDowngrade { revision } => self.say(format!(
                "{}: running the downgrade that was stored when it was applied; {} has another one now, which \
                 `--from-files` would run",
                revision.id,
                revision.path.display()
            )),
            Event::TriedAgain { revision, reason, blockers, attempt } => {
                let blockers = blockers.as_ref().map_or(String::new(), |blockers| format!("; blocked by {blockers}"));
                self.say(format!("{}: {reason}{blockers}; trying again ({attempt} of 10)", revision.id));
            }
        }
    }

    fn took_place(&self, revision: &Revision, direction: Direction, verb: &str, status: &str, took: Option<Duration>) {
        self.bar.inc(1);
        self.revisions.borrow_mut().push(entry(revision, direction, status, took));
        if !self.output.json {
            let took = took.map_or(String::new(), |took| format!("  ({})", rounded(took)));
            self.bar.suspend(|| self.output.result(line(verb, revision, &took)));
        }
    }

    /// What is about to run, statement by statement, for who asked for more; each with the time since the run began.
    fn details(&self, revision: &Revision, direction: Direction) {
        if !self.output.verbose {
            return;
        }
        let section = revision.section(direction, self.syntax);
        let text = section.map_or("", |section| section.text.as_str());
        let statements = split::split(text, self.syntax).unwrap_or_default();
        let count = counted(statements.len(), "statement");
        let verb = apply::on_the_way(&direction);
        let since = rounded(self.began.elapsed());
        let detail = |line: String| self.bar.suspend(|| self.output.detail(line));
        detail(format!("[{since}] {} {verb}: {count} of {}", revision.id, revision.path.display()));
        for (number, statement) in statements.iter().enumerate() {
            let statement = statement.text(text);
            // A role's password is written in its statement.
            let shown = match tokens(statement, self.syntax).any(|token| token.is_word(statement, "PASSWORD")) {
                true => split::leading_words(statement, self.syntax, 2).join(" ") + " …",
                false => shortened(statement),
            };
            tracing::debug!(revision = %revision.id, statement = number + 1, "{shown}");
            detail(format!("  {}/{}  {shown}", number + 1, statements.len()));
        }
    }

    /// A revision whose sections are all for other databases has only written its row.
    fn note_of_nothing(&self, revision: &Revision, direction: Direction) {
        let only_for_others = !revision.upgrade.is_empty() && revision.section(direction, self.syntax).is_none();
        if direction == Direction::Upgrade && only_for_others {
            self.say(format!("{}: nothing to run, it has no section for this database", revision.id));
        }
    }

    fn say(&self, message: String) {
        self.bar.suspend(|| self.output.say(message));
    }

    fn warn(&self, message: String) {
        self.bar.suspend(|| self.output.warn(message));
    }
}

/// Says that a transaction may run out of locks, and what to do about it.
pub fn lock_shortage_warning(lock_shortage: &LockShortage, way_out: &str) -> String {
    let LockShortage { needed, room, enough } = lock_shortage;
    format!(
        "one transaction may need about {needed} locks, but the server guarantees only {room}: set \
         max_locks_per_transaction to {enough} and restart it, or {way_out}"
    )
}

fn line(verb: &str, revision: &Revision, rest: &str) -> String {
    let message = first_line(&revision.message);
    let blank = if message.is_empty() { "" } else { "  " };
    format!("{verb} {}{blank}{message}{rest}", revision.id)
}

pub fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

fn rounded(took: Duration) -> String {
    match took.as_millis() {
        millis @ ..10_000 => format!("{millis} ms"),
        _ => format!("{:.1} s", took.as_secs_f64()),
    }
}

fn entry(revision: &Revision, direction: Direction, status: &str, took: Option<Duration>) -> Value {
    json!({
        "revision": revision.id,
        "message": revision.message,
        "path": revision.path,
        "direction": match direction { Direction::Upgrade => "upgrade", Direction::Downgrade => "downgrade" },
        "status": status,
        "duration_ms": took.map(|took| took.as_millis() as u64),
    })
}

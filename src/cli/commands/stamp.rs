//! `migrate stamp`: says in the version table where a database is, without running anything.

use clap::Args;
use serde_json::json;

use crate::apply::offline::{self, Start};
use crate::apply::{integrity, plan, plan_stamp, stamp};
use crate::cli::comparison::Shadow;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::progress;
use crate::cli::scripts::{self, Script};
use crate::cli::{Exit, Session, comparison};
use crate::database::Database;
use crate::database::version_table::State;
use crate::revision::route::Applied;
use crate::revision::target::{Spec, Target};

/// Mark revisions as applied without running them
///
/// Records TARGET and its ancestors as applied and its descendants as not applied, without running SQL. Other branches
/// stay as they are, those that TARGET depends on too.
#[derive(Args)]
#[command(after_help = "Examples:
  migrate stamp head
  migrate stamp head --verify
  migrate stamp base
  migrate stamp --purge 1975ea83b712
  migrate stamp head --sql > stamp.sql")]
pub struct Arguments {
    /// head, heads, base, ids or id prefixes, branch labels, steps; with --sql also FROM:TO
    #[arg(required = true, value_name = "TARGET", allow_negative_numbers = true)]
    targets: Vec<String>,
    /// Empty the version table first, rows without a file included
    #[arg(long)]
    purge: bool,
    /// Print the script instead of running it; no database is needed
    #[arg(long)]
    sql: bool,
    /// Stamp only if the database matches the revisions up to TARGET; otherwise show the differences
    #[arg(long, conflicts_with = "sql")]
    verify: bool,
    #[command(flatten)]
    shadow: Shadow,
    #[command(flatten)]
    script: Script,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    arguments.shadow.set(session);
    arguments.script.refuse_without_sql(arguments.sql)?;
    if arguments.sql {
        return write(arguments, session);
    }
    let options = progress::options(session, None)?;
    let targets = arguments.targets.iter().map(|text| Target::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let graph = session.graph()?;
    let mut database = session.writer()?;
    let looked = plan_stamp(&mut *database, &graph, &targets, arguments.purge, &options)?;
    if looked.is_empty() {
        if arguments.verify {
            comparison::verify_stamp(session, &graph, &looked, &mut *database)?;
        }
        return Ok(report(&session.output, &looked, &*database));
    }
    let output = &session.output;
    let waited = plan::lock(&mut *database, &options, &mut |holder| output.say(progress::waiting(holder)))?;
    // What is written is planned under the lock, from rows and files as they are now.
    let graph = if waited { session.graph_read_again()? } else { graph.clone() };
    let planned = plan_stamp(&mut *database, &graph, &targets, arguments.purge, &options)?;
    planned.add.iter().try_for_each(|revision| integrity::refuse_draft(revision))?;
    if arguments.verify {
        comparison::verify_stamp(session, &graph, &planned, &mut *database)?;
    }
    stamp::run(&mut *database, &planned, State::Stamped, &options)?;
    database.unlock();
    Ok(report(&session.output, &planned, &*database))
}

fn report(output: &Output, planned: &stamp::Stamp, database: &dyn Database) -> Exit {
    let added: Vec<&str> = planned.add.iter().map(|revision| revision.id.as_str()).collect();
    if output.json {
        output.json(&json!({ "database": database.place(), "stamped": added, "removed": planned.remove }));
        return Exit::Done;
    }
    if planned.is_empty() {
        output.say("nothing to do: the version table already has that");
    }
    planned.remove.iter().for_each(|id| output.result(format_args!("removed {id}")));
    added.iter().for_each(|id| output.result(format_args!("stamped {id}")));
    Exit::Done
}

/// Writes what a stamp would change, on a database that is at FROM: nowhere, when that is not said.
fn write(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let options = progress::options(session, None)?;
    let dialect = scripts::dialect(session, &arguments.script)?;
    let graph = session.graph()?;
    let mut from: Option<Target> = None;
    let mut targets = Vec::new();
    for text in &arguments.targets {
        match Spec::parse(text)? {
            Spec::One(target) => targets.push(target),
            Spec::Range(range) => {
                let to = range.to.ok_or_else(|| Failure::usage(format!("`{text}` is not a revision to stamp")))?;
                targets.push(to);
                if from.as_ref().zip(range.from.as_ref()).is_some_and(|(one, other)| one != other) {
                    return Err(Failure::usage("a stamp starts from one range, but two are given"));
                }
                from = range.from.or(from);
            }
        }
    }
    let before = match &from {
        Some(from) if !arguments.purge => graph.applied_at(std::slice::from_ref(from))?,
        _ => Applied::new(),
    };
    let planned = graph.stamp(&before, &targets)?;
    let planned = stamp::Stamp { purge: arguments.purge, remove: planned.remove, add: planned.add, rows: Vec::new() };
    let start = (!arguments.purge).then(|| {
        let words = from.as_ref().map_or("base", |from| from.text.as_str()).to_owned();
        let present = graph.heads_of(&before).iter().map(|head| head.id.clone()).collect();
        Start { words, present, absent: planned.add.iter().map(|revision| revision.id.clone()).collect() }
    });
    let table = offline::table_name(&options, dialect);
    let mut statements = stamp::statements(&planned, State::Stamped, &table, dialect);
    statements.extend(stamp::after(&options, &table, dialect));
    let words: Vec<&str> = targets.iter().map(|target| target.text.as_str()).collect();
    let title = format!("migrate {}: stamp {}, for {}", env!("CARGO_PKG_VERSION"), words.join(" "), dialect.name);
    let note = scripts::options_note(session, dialect);
    scripts::to_file(session, arguments.script.output.as_deref(), |out| {
        if let Some(note) = &note {
            writeln!(out, "-- WARNING: {note}")?;
        }
        offline::stamp(out, &title, start.as_ref(), &statements, &options, dialect)
    })
}

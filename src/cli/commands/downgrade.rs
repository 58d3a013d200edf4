//! `migrate downgrade`: undoes revisions, or writes how as a script.

use clap::Args;

use crate::apply::plan::Plan;
use crate::apply::{Options, Route, losses, prepare_all};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::progress::{self, Transaction, first_line};
use crate::cli::scripts::{self, Script, Way};
use crate::cli::{Exit, Session, asking};
use crate::database::Database;
use crate::revision::Direction;
use crate::revision::target::{Spec, Target};

/// Undo revisions down to one
///
/// Runs the downgrade sections, children first, as they were stored when the revisions were applied. On a terminal it names
/// each table and column whose data would be lost, with its rows, and asks. Elsewhere a downgrade that destroys data is
/// refused without --yes (exit code 2).
#[derive(Args)]
#[command(after_help = "Examples:
  migrate downgrade -1
  migrate downgrade base --yes
  migrate downgrade head:1975ea83b712 --sql > downgrade.sql")]
pub struct Arguments {
    /// -N, base, an id or id prefix, ID-N, label@base; with --sql FROM:TO
    #[arg(allow_negative_numbers = true)]
    target: String,
    /// Print the script instead of running it; no database is needed
    #[arg(long)]
    sql: bool,
    /// Show what would run, without running it
    #[arg(long, conflicts_with = "sql")]
    dry_run: bool,
    /// Do not ask for confirmation, even if data is lost
    #[arg(short, long)]
    yes: bool,
    /// Run the downgrade sections in the files instead of those stored when the revisions were applied
    #[arg(long)]
    from_files: bool,
    /// How to wrap revisions in transactions [default: as in migrate.toml, else per-revision]
    #[arg(long, value_name = "MODE")]
    transaction: Option<Transaction>,
    #[command(flatten)]
    script: Script,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    arguments.script.refuse_without_sql(arguments.sql)?;
    let mut options = progress::options(session, arguments.transaction)?;
    options.from_files = arguments.from_files;
    if arguments.sql {
        let spec = Spec::parse(&arguments.target)?;
        return scripts::write(session, &spec, Way::Down, &options, &arguments.script);
    }
    let target = Target::parse(&arguments.target)?;
    let graph = session.graph()?;
    let mut database = if arguments.dry_run { session.reader()? } else { session.writer()? };
    let route = Route { direction: Direction::Downgrade, target: &target };
    let plan = route.plan(&mut *database, &graph, &options)?;
    prepare_all(&plan.steps, options.transaction, database.dialect())?;
    if arguments.dry_run {
        return progress::dry_run(&session.output, &plan, &options, &*database);
    }
    let output = &session.output;
    // What was confirmed, or was seen to destroy nothing, is all that is run.
    let asks = !plan.steps.is_empty() && !arguments.yes;
    if asks {
        confirm(output, &plan, &mut *database, &options)?;
    }
    let there = format!("nothing above {} is applied", target.text);
    progress::execute(session, route, &plan, asks, &options, &mut *database, &there)
}

/// Shows what would be undone and which data would be lost, and asks on a terminal.
///
/// # Errors
/// The answer is no; or data would be lost, and nobody can be asked.
fn confirm(output: &Output, plan: &Plan, database: &mut dyn Database, options: &Options) -> Result<(), Failure> {
    let losses = losses::losses(&plan.steps, database, &options.version_table);
    let place = database.place();
    if !output.is_interactive() {
        if losses.is_empty() {
            return Ok(());
        }
        return asking::confirm(output, || Failure {
            notes: losses,
            ..Failure::usage(format!("refusing to destroy data on {place} without confirmation"))
        });
    }
    output.say(format_args!("On {place}, this undoes:"));
    for step in &plan.steps {
        let line = format!("  {}  {}", step.revision.id, first_line(&step.revision.message));
        output.say(line.trim_end());
    }
    if !losses.is_empty() {
        output.say("and destroys data:");
        losses.iter().for_each(|loss| output.say(format_args!("  {loss}")));
    }
    asking::confirm(output, || Failure::usage("refusing to downgrade without confirmation"))
}

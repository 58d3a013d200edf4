//! `migrate upgrade`: runs revisions, or writes them as a script.

use clap::Args;

use super::failure::Failure;
use super::running::{self, Transaction};
use super::scripts::{self, Script, Way};
use super::{Exit, Session};
use crate::apply::Route;
use crate::revision::Direction;
use crate::revision::target::{Spec, Target};

/// Bring the database up to a revision
///
/// Runs what is missing, parents first, each revision in one transaction with its row in the version table. A second
/// run at the same time waits; an edited revision that ran before stops it.
#[derive(Args)]
#[command(after_help = "Examples:
  migrate upgrade head
  migrate upgrade +1 --dry-run
  migrate upgrade payments@head
  migrate upgrade 1975ea83b712:head --sql > upgrade.sql")]
pub struct Arguments {
    /// head, heads, an id or its beginning, a branch label, +N, ID+N; with --sql also FROM:TO
    #[arg(default_value = "head", allow_negative_numbers = true)]
    target: String,
    /// Write the script to stdout instead of running it; no database is needed
    #[arg(long)]
    sql: bool,
    /// Say what would run, and run nothing
    #[arg(long, conflicts_with = "sql")]
    dry_run: bool,
    /// How revisions and transactions go together [default: as migrate.toml says, else per-revision]
    #[arg(long, value_name = "MODE")]
    transaction: Option<Transaction>,
    #[command(flatten)]
    script: Script,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let options = running::options(session, arguments.transaction)?;
    if arguments.sql {
        let spec = Spec::parse(&arguments.target)?;
        return scripts::write(session, &spec, Way::Up, &options, &arguments.script);
    }
    let target = Target::parse(&arguments.target)?;
    let graph = session.graph()?;
    let mut database = if arguments.dry_run { session.reader()? } else { session.writer()? };
    let route = Route { direction: Direction::Upgrade, target: &target };
    let plan = route.plan(&mut *database, &graph, &options)?;
    if arguments.dry_run {
        return running::dry_run(&session.output, &plan, &options, &*database);
    }
    let there = match graph.is_empty() {
        true => "there are no revisions".to_owned(),
        false => format!("the database is at {} already", target.text),
    };
    running::execute(session, route, &plan, false, &options, &mut *database, &there)
}

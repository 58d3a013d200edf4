//! `migrate upgrade`: runs revisions, or writes them as a script.

use clap::Args;

use crate::apply::{Route, applied};
use crate::cli::failure::Failure;
use crate::cli::progress::{self, Transaction};
use crate::cli::scripts::{self, Script, Way};
use crate::cli::{Exit, Session};
use crate::database::version_table::AppliedRow;
use crate::revision::Direction;
use crate::revision::graph::Graph;
use crate::revision::target::{Spec, Target};

/// Bring the database up to a revision
///
/// Runs what is missing, parents first, each revision in one transaction with its row in the version table. A second
/// run at the same time waits; an applied revision whose file was edited, or can't be
/// read any more, stops it.
#[derive(Args)]
#[command(after_help = "Examples:
  migrate upgrade head
  migrate upgrade +1 --dry-run
  migrate upgrade payments@head
  migrate upgrade 1975ea83b712:head --sql > upgrade.sql")]
pub struct Arguments {
    /// head, heads, an id or id prefix, a branch label, +N, ID+N; with --sql also FROM:TO
    #[arg(default_value = "head", allow_negative_numbers = true)]
    target: String,
    /// Print the script instead of running it; no database is needed
    #[arg(long)]
    sql: bool,
    /// Show what would run, without running it
    #[arg(long, conflicts_with = "sql")]
    dry_run: bool,
    /// How to wrap revisions in transactions [default: as in migrate.toml, else per-revision]
    #[arg(long, value_name = "MODE")]
    transaction: Option<Transaction>,
    #[command(flatten)]
    script: Script,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    arguments.script.refuse_without_sql(arguments.sql)?;
    let options = progress::options(session, arguments.transaction)?;
    if arguments.sql {
        let spec = Spec::parse(&arguments.target)?;
        return scripts::write(session, &spec, Way::Up, &options, &arguments.script);
    }
    let target = Target::parse(&arguments.target)?;
    let graph = session.graph()?;
    // What has no revisions needs no database file.
    let only_looks = arguments.dry_run || graph.is_empty();
    let mut database = if only_looks { session.reader()? } else { session.writer()? };
    let route = Route { direction: Direction::Upgrade, target: &target };
    let plan = route.plan(&mut *database, &graph, &options)?;
    if arguments.dry_run {
        return progress::dry_run(&session.output, &plan, &options, &*database);
    }
    let there = match graph.is_empty() {
        true => "there are no revisions".to_owned(),
        false => whereabouts(&graph, &target, plan.rows.as_deref().unwrap_or_default()),
    };
    progress::execute(session, route, &plan, false, &options, &mut *database, &there)
}

/// Says where the database is that needs nothing to reach the target: there, or beyond it.
fn whereabouts(graph: &Graph, target: &Target, rows: &[AppliedRow]) -> String {
    let applied = applied(rows);
    let current: Vec<&str> = graph.heads_of(&applied).iter().map(|head| head.id.as_str()).collect();
    let meant = graph.resolve(Some(&applied), target).unwrap_or_default();
    let is_there = meant.len() == current.len() && meant.iter().all(|revision| current.contains(&revision.id.as_str()));
    match is_there || current.is_empty() {
        true => format!("the database is already at {}", target.text),
        false => format!("{} is already included (the database is at {})", target.text, current.join(", ")),
    }
}

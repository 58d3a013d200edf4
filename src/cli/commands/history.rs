//! `migrate history`: the revisions, newest first.

use std::collections::BTreeMap;

use clap::Args;

use crate::apply::integrity;
use crate::cli::failure::Failure;
use crate::cli::listing::Listing;
use crate::cli::{Exit, Session, graph_drawing};
use crate::revision::fault::GraphError;
use crate::revision::route::Applied;
use crate::revision::target::{Range, Spec};

/// List the revisions, newest first
#[derive(Args)]
#[command(after_help = "Examples:
  migrate history
  migrate history --graph -i
  migrate history -r 1975:head -v
  migrate history -r -3:current")]
pub struct Arguments {
    /// Show only this range, both ends included; either end may be left out
    #[arg(short, long, value_name = "FROM:TO", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// Mark applied and current revisions (connects to the database)
    #[arg(short, long)]
    indicate_current: bool,
    /// Draw the history as a graph
    #[arg(long)]
    graph: bool,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let range = range(arguments.rev_range.as_deref())?;
    let graph = session.graph()?;
    session.warn_of_faults(&graph);
    let mut half_done = BTreeMap::new();
    let applied: Option<Applied> = match arguments.indicate_current || range.needs_database(&graph) {
        true => {
            let (applied, rows, dialect) = session.rows()?;
            half_done = integrity::half_done(&graph, &rows, dialect);
            Some(applied)
        }
        false => None,
    };
    let revisions = graph.range(applied.as_ref(), &range)?;
    let listing = Listing::new(&graph, applied.as_ref()).with_half_done(half_done);
    let output = &session.output;
    let newest_first = revisions.iter().rev().copied();
    if output.json {
        output.json(&listing.json_list(newest_first));
        return Ok(Exit::Done);
    }
    if revisions.is_empty() {
        output.say(if graph.is_empty() { "there are no revisions" } else { "there are no revisions in that range" });
    }
    let mut text = String::new();
    if arguments.graph {
        let newest_first: Vec<_> = newest_first.collect();
        text = graph_drawing::draw(&graph, &newest_first, |revision| match output.verbose {
            true => listing.details(revision),
            false => listing.name(revision),
        });
    } else {
        for revision in newest_first {
            text.push_str(&if output.verbose { listing.details(revision) } else { listing.line(revision) });
            text.push('\n');
        }
    }
    output.write(text);
    if let Some(applied) = applied.filter(|_| arguments.indicate_current) {
        for id in graph.unknown(&applied) {
            output.warn(format_args!("the database has revision {id}, but there is no file for it here"));
        }
    }
    Ok(Exit::Done)
}

fn range(text: Option<&str>) -> Result<Range, Failure> {
    let Some(text) = text else { return Ok(Range { from: None, to: None }) };
    match Spec::parse(text)? {
        Spec::Range(range) => Ok(range),
        Spec::One(target) => {
            let reason = "write a range as FROM:TO, FROM: or :TO".to_owned();
            Err(GraphError::Syntax { text: target.text, reason }.into())
        }
    }
}

//! `migrate heads`: the ends of the graph.

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::listing::Listing;
use crate::cli::{Exit, Session};
use crate::revision::fault::Fault;

/// List the latest revision of each branch
#[derive(Args)]
#[command(after_help = "Examples:
  migrate heads
  migrate heads --json")]
pub struct Arguments {
    /// Leave out the heads that another revision depends on
    #[arg(long)]
    resolve_dependencies: bool,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let graph = session.graph()?;
    // A circle has no head, and a file that can't be read may be one.
    let hides = |fault: &&Fault| {
        matches!(fault, Fault::Cycle { .. }) || matches!(fault, Fault::File(error) if error.place.is_none())
    };
    if let Some(fault) = graph.faults().iter().find(hides) {
        return Err(fault.clone().into());
    }
    session.warn_of_faults(&graph);
    let listing = Listing::new(&graph, None);
    let heads = if arguments.resolve_dependencies { graph.real_heads() } else { graph.heads() };
    let output = &session.output;
    if output.json {
        output.json(&listing.json_list(heads));
        return Ok(Exit::Done);
    }
    if heads.is_empty() {
        output.say("there are no revisions");
    }
    for head in heads {
        output.result(if output.verbose { listing.details(head) } else { listing.name(head) });
    }
    Ok(Exit::Done)
}

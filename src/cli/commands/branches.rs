//! `migrate branches`: where the graph forks.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::listing::Listing;
use crate::cli::{Exit, Session};

/// List the points where the history branches
#[derive(Args)]
pub struct Arguments {}

pub fn run(_: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let graph = session.graph()?;
    session.warn_of_faults(&graph);
    let listing = Listing::new(&graph, None);
    let output = &session.output;
    let points = graph.branch_points();
    if output.json {
        let forks: Vec<Value> = points
            .into_iter()
            .map(|point| json!({ "at": listing.json(point), "into": listing.json_list(graph.children(&point.id)) }))
            .collect();
        output.json(&Value::Array(forks));
        return Ok(Exit::Done);
    }
    if points.is_empty() {
        output.say("there are no branch points");
    }
    for point in points {
        output.result(if output.verbose { listing.details(point) } else { listing.name(point) });
        let margin = " ".repeat(point.id.chars().count());
        for child in graph.children(&point.id) {
            output.result(format_args!("{margin} -> {}", listing.name(child)));
        }
    }
    Ok(Exit::Done)
}

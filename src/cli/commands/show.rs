//! `migrate show`: one revision in full.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::listing::{self, Listing};
use crate::cli::{Exit, Session};
use crate::revision::file::section_line;
use crate::revision::{Revision, Section};

/// Show a revision; -v includes its SQL
#[derive(Args)]
#[command(after_help = "Examples:
  migrate show head
  migrate show 3adc -v
  migrate show current")]
pub struct Arguments {
    /// The revisions, as targets: head, current, an id or id prefix, a label…
    #[arg(value_name = "REV", required = true, allow_negative_numbers = true)]
    revisions: Vec<String>,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let graph = session.graph()?;
    let revisions = listing::named(session, &graph, &arguments.revisions)?;
    let listing = Listing::new(&graph, None);
    let output = &session.output;
    if output.json {
        let full = |revision: &&Revision| {
            let mut document = listing.json(revision);
            document["upgrade"] = sections(&revision.upgrade);
            document["downgrade"] = sections(&revision.downgrade);
            document
        };
        output.json(&Value::Array(revisions.iter().map(full).collect()));
        return Ok(Exit::Done);
    }
    if revisions.is_empty() {
        output.say("no revision: nothing is applied there");
    }
    for revision in revisions {
        output.result(listing.details(revision));
        if let Some(error) = graph.broken(&revision.id) {
            return Err(error.clone().into());
        }
        if output.verbose {
            for (name, sections) in [("upgrade", &revision.upgrade), ("downgrade", &revision.downgrade)] {
                for section in sections {
                    output.result(section_line(name, section.dialect, section.transactional));
                    output.result(section.text.trim_end());
                    output.result("");
                }
            }
        }
    }
    Ok(Exit::Done)
}

fn sections(sections: &[Section]) -> Value {
    let one = |section: &Section| {
        let dialect = section.dialect.and_then(|syntax| {
            crate::database::DIALECTS.iter().find(|dialect| dialect.syntax == syntax).map(|dialect| dialect.name)
        });
        json!({ "dialect": dialect, "transactional": section.transactional, "sql": section.text })
    };
    Value::Array(sections.iter().map(one).collect())
}

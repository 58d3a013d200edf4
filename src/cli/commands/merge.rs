//! `migrate merge`: one revision that follows several.

use clap::Args;

use crate::cli::draft::{self, Draft};
use crate::cli::failure::Failure;
use crate::cli::{Exit, Session, listing};

/// Merge heads: write a revision that follows all of them
#[derive(Args)]
#[command(after_help = "Examples:
  migrate merge
  migrate merge heads -m \"join billing and users\"
  migrate merge 3adc 7c21")]
pub struct Arguments {
    /// The revisions to merge, as targets [default: all heads]
    #[arg(value_name = "REV", allow_negative_numbers = true)]
    revisions: Vec<String>,
    /// The message: what the revision is for
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Give the new revision a branch label (may be repeated)
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    branch_label: Vec<String>,
    /// The revision's id [default: random]
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// Allow revisions that are not heads: the merge begins a new branch
    #[arg(long)]
    splice: bool,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let graph = session.graph()?;
    let asked = if arguments.revisions.is_empty() { vec!["heads".to_owned()] } else { arguments.revisions };
    draft::refuse_faults(&graph, &asked)?;
    let parents: Vec<String> =
        listing::named(session, &graph, &asked)?.into_iter().map(|revision| revision.id.clone()).collect();
    if let [] | [_] = parents.as_slice() {
        if asked == ["heads"] {
            let place =
                parents.first().map_or("there are no revisions".to_owned(), |id| format!("{id} is the only head"));
            session.output.say(format_args!("{place}: nothing to merge"));
            return Ok(Exit::Done);
        }
        return Err(
            Failure::usage("a merge needs two or more revisions").hint("`migrate heads` lists the revisions to merge")
        );
    }
    let message = arguments.message.unwrap_or_else(|| format!("merge {}", parents.join(" and ")));
    let draft = Draft {
        message,
        parents,
        splice: arguments.splice,
        branch_labels: arguments.branch_label,
        id: arguments.rev_id,
        ..Draft::default()
    };
    let written = draft::write(session, &graph, draft)?;
    draft::report(session, &written);
    Ok(Exit::Done)
}

//! `migrate revision`: a new revision file.

use std::path::PathBuf;

use clap::Args;

use crate::cli::draft::{self, Draft};
use crate::cli::failure::Failure;
use crate::cli::{Exit, Session, autogenerate, listing};
use crate::database::interruption;
use crate::revision::graph::Graph;
use crate::revision::target::Target;

/// Write a new revision file
///
/// It follows the head, unless --head names another parent. Prints its path, so that
/// `$EDITOR $(migrate revision -m "add users")` works.
#[derive(Args)]
#[command(after_help = "Examples:
  migrate revision -m \"add users\"
  migrate revision --autogenerate -m \"add orders\"
  migrate revision -m \"billing\" --head base --branch-label billing
  migrate revision -m \"add invoices\" --head billing@head --depends-on 3adc")]
pub struct Arguments {
    /// The message: what the revision is for
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// The parent, as a target; base for a new root
    #[arg(long, value_name = "REV", default_value = "head")]
    head: String,
    /// Allow a --head that is not a head: the new revision begins a branch there
    #[arg(long)]
    splice: bool,
    /// Give it a branch label (may be repeated)
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    branch_label: Vec<String>,
    /// A revision that must be applied first but is not a parent: a target or a label (may be repeated)
    #[arg(long, value_name = "REV", value_delimiter = ',')]
    depends_on: Vec<String>,
    /// The revision's id [default: random]
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// The revision folder to write to, if there are several
    #[arg(long, value_name = "FOLDER")]
    version_path: Option<PathBuf>,
    #[command(flatten)]
    content: autogenerate::Options,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    session.makes_folders = true;
    let graph = session.graph()?;
    let mut draft = draft(&arguments, session, &graph)?;
    draft::check(&graph, &draft)?;
    let sections = match autogenerate::sections(&arguments.content, session) {
        // A question that was broken off has an answer of its own, and what is remembered asks no database.
        Ok(_) if interruption::requested() => Err(Failure::new("stopped before the revision was written")),
        sections => sections,
    };
    let sections = sections
        .map_err(|failure| if interruption::requested() { failure.note("No file was written.") } else { failure })?;
    let Some(sections) = sections else { return Ok(Exit::Done) };
    (draft.upgrade, draft.downgrade, draft.unfinished) = (sections.upgrade, sections.downgrade, sections.unfinished);
    let written = draft::write(session, &graph, draft)?;
    draft::report(session, &written);
    Ok(Exit::Done)
}

/// Returns the revision as far as the arguments say it, without sections.
fn draft(arguments: &Arguments, session: &mut Session, graph: &Graph) -> Result<Draft, Failure> {
    let head = std::slice::from_ref(&arguments.head);
    draft::refuse_faults(graph, head)?;
    let parents = listing::named(session, graph, head)?;
    let folder = arguments.version_path.as_deref().map(|path| draft::folder_named(session, path)).transpose()?;
    Ok(Draft {
        message: arguments.message.clone().unwrap_or_default(),
        parents: parents.into_iter().map(|revision| revision.id.clone()).collect(),
        splice: arguments.splice,
        branch_labels: arguments.branch_label.clone(),
        depends_on: dependencies(arguments, session, graph)?,
        id: arguments.rev_id.clone(),
        folder,
        ..Draft::default()
    })
}

/// A label stays a label, which may move on; anything else becomes the ids that it stands for now.
fn dependencies(arguments: &Arguments, session: &mut Session, graph: &Graph) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for text in &arguments.depends_on {
        let named = match graph.labelled(text) {
            Some(_) => {
                Target::parse(text)?;
                vec![text.clone()]
            }
            None => listing::named(session, graph, std::slice::from_ref(text))?
                .into_iter()
                .map(|revision| revision.id.clone())
                .collect(),
        };
        found.extend(named.into_iter().filter(|name| !found.contains(name)).collect::<Vec<_>>());
    }
    Ok(found)
}

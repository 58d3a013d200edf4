//! `migrate check`: do the models and the database agree?

use clap::Args;

use crate::apply::{integrity, plan};
use crate::cli::comparison::Shadow;
use crate::cli::failure::Failure;
use crate::cli::{Exit, Session, comparison};

/// Compare the database with the models; exit with 1 if they differ
#[derive(Args)]
#[command(after_help = "Examples:
  migrate check
  migrate check --shadow full
  migrate -e staging check --json")]
pub struct Arguments {
    #[command(flatten)]
    shadow: Shadow,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    arguments.shadow.set(session);
    let config = session.config()?.clone();
    let mut database = session.reader()?;
    let comparison = comparison::compare(session, &config, database.as_mut(), &[], false)?;
    let output = &session.output;
    if output.json {
        output.json(&comparison::as_json(&comparison));
    } else {
        comparison.lines().iter().for_each(|line| output.result(line));
        if let Some(options) = comparison::rename_hint(&comparison) {
            output.say(format_args!(
                "hint: if that is a rename, `migrate revision --autogenerate {options}` keeps the data"
            ));
        }
        if comparison.is_empty() {
            output.say(format_args!("{} matches the models", database.place()));
        }
        comparison::say_left_alone(output, &comparison);
    }
    let table = &config.database.version_table;
    let mut has_drafts = false;
    if let Ok(graph) = session.graph() {
        for revision in graph.revisions().filter(|revision| revision.draft.is_some()) {
            has_drafts = true;
            session.output.warn(format_args!("revision {} is a draft ({})", revision.id, revision.path.display()));
        }
    }
    if let (Ok(graph), Some(rows)) = (session.graph(), database.applied(table)?) {
        for (missing, after) in integrity::gaps(&graph, &rows, &plan::applied(&rows)) {
            session.output.warn(format_args!("{missing} is not applied, but {after}, which needs it, is"));
        }
    }
    Ok(if comparison.is_empty() && !has_drafts { Exit::Done } else { Exit::CheckFailed })
}

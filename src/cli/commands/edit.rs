//! `migrate edit`: a revision's file in the editor.

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::{Exit, Session, listing};

/// Open the file of a revision in your editor ($VISUAL or $EDITOR)
#[derive(Args)]
#[command(after_help = "Examples:
  migrate edit head
  EDITOR=\"code --wait\" migrate edit 3adc")]
pub struct Arguments {
    /// The revisions, as targets: head, current, an id or id prefix, a label…
    #[arg(value_name = "REV", required = true, allow_negative_numbers = true)]
    revisions: Vec<String>,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let graph = session.graph()?;
    let revisions = listing::named(session, &graph, &arguments.revisions)?;
    if revisions.is_empty() {
        return Err(Failure::new("base is not a revision, so there is no file to edit"));
    }
    for revision in revisions {
        open(&revision.path)?;
    }
    Ok(Exit::Done)
}

fn open(path: &Path) -> Result<(), Failure> {
    let editor =
        ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|editor| !editor.is_empty()));
    let known = ["sensible-editor", "editor", "nano", "vim", "vi", "code", "notepad"];
    let Some(editor) = editor.or_else(|| known.into_iter().find(|name| is_program(name)).map(str::to_owned)) else {
        return Err(Failure::new("no editor was found").hint("set the variable EDITOR"));
    };
    // The variable may hold arguments, as every program that uses it allows.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or_default();
    let status = Command::new(program).args(words).arg(path).status().map_err(|error| {
        Failure::new(format!("the editor `{editor}` can't be started: {error}")).hint("set the variable EDITOR")
    })?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::new(format!("the editor `{editor}` ended with {status}"))),
    }
}

fn is_program(name: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders)
        .any(|folder| folder.join(name).is_file() || folder.join(format!("{name}.exe")).is_file())
}

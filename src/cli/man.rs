//! `migrate man`: the help as man pages.

use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;

use super::failure::Failure;
use super::{Exit, Session, grammar};

/// Write a man page for every command into a folder
#[derive(Args)]
#[command(after_help = "Example:
  migrate man ~/.local/share/man/man1")]
pub struct Arguments {
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let folder = &arguments.folder;
    let cannot = |path: &std::path::Path, error: std::io::Error| {
        Failure::new(format!("cannot write {}: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
    let mut grammar = grammar();
    grammar.build();
    let mut open = vec![grammar];
    while let Some(command) = open.pop() {
        // `migrate-database-create.1`: the name that a nested command is displayed with.
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        open.extend(command.get_subcommands().filter(|inner| inner.get_name() != "help").cloned());
        let path = folder.join(format!("{name}.1"));
        let mut page = Vec::new();
        Man::new(command.name(name)).render(&mut page).map_err(|error| cannot(&path, error))?;
        std::fs::write(&path, page).map_err(|error| cannot(&path, error))?;
        session.output.result(path.display());
    }
    Ok(Exit::Done)
}

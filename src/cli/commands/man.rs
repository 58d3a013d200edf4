//! `migrate man`: the help as man pages.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::Man;

use crate::cli::failure::Failure;
use crate::cli::{Exit, Session, grammar};

/// Write a man page for every command into a folder
#[derive(Args)]
#[command(after_help = "Example:
  migrate man ~/.local/share/man/man1")]
pub struct Arguments {
    /// The folder to write to; created if it does not exist
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
        let page = page(command.name(name)).map_err(|error| cannot(&path, error))?;
        std::fs::write(&path, page).map_err(|error| cannot(&path, error))?;
        session.output.result(path.display());
    }
    Ok(Exit::Done)
}

/// The page of one command, with its examples in a section of that name.
fn page(mut command: Command) -> std::io::Result<Vec<u8>> {
    let extra = command.get_after_help().map(ToString::to_string);
    let (is_parent, has_options) =
        (command.has_subcommands(), command.get_arguments().any(|argument| !argument.is_hide_set()));
    command = command.after_help("").after_long_help("");
    let version = format!("migrate {}", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command).source(version).manual("Schema migrations");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if has_options {
        man.render_options_section(&mut page)?;
    }
    if is_parent {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(extra) = extra {
        let (heading, text) = match extra.split_once(":\n") {
            Some((_, text)) if extra.starts_with("Example") => ("EXAMPLES", text),
            _ => ("NOTES", extra.as_str()),
        };
        writeln!(page, ".SH {heading}\n.nf")?;
        for line in text.lines() {
            // A line of roff: backslashes and hyphens are written out, and nothing at its start is a request.
            writeln!(page, "\\&{}", line.trim_end().replace('\\', "\\e").replace('-', "\\-"))?;
        }
        writeln!(page, ".fi")?;
    }
    Ok(page)
}

//! Models from any program that prints DDL.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{Declared, ModelError, sql};
use crate::database::Dialect;

/// How many lines of what a failed program said are shown.
const SHOWN_LINES: usize = 15;

/// Runs the program in the project's folder and adds the DDL on its standard output to `declared`.
///
/// `MIGRATE_DIALECT` in its environment says for which database (`postgresql`, `sqlite`).
///
/// # Errors
/// The program is not there or fails, with the last lines that it said; output that can't be read.
pub fn read(
    command: &[String],
    dialect: &'static Dialect,
    root: &Path,
    declared: &mut Declared,
) -> Result<(), ModelError> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let shown = command.join(" ");
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .env("MIGRATE_DIALECT", dialect.name)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            ModelError::new(format!("cannot run `{shown}`, which prints the models: {error}"))
                .hint("`command` under [models] in migrate.toml is the program and its arguments, one text each")
        })?;
    if !output.status.success() {
        let mut fault = ModelError::new(format!("`{shown}`, which prints the models, failed ({})", output.status));
        fault.notes = last_lines(&output.stderr);
        return Err(fault);
    }
    let text = String::from_utf8(output.stdout)
        .map_err(|_| ModelError::new(format!("what `{shown}` prints is not UTF-8 text")))?;
    declared.sources.command = true;
    let from = declared.declarations.len();
    sql::read(Path::new(&format!("the output of {program}")), &text, dialect, declared)?;
    if declared.declarations.len() == from {
        let mut fault = ModelError::new(format!("`{shown}` ended well but printed no DDL"));
        fault.notes = last_lines(&output.stderr);
        return Err(fault.hint("it must print the statements of the whole schema on its standard output"));
    }
    Ok(())
}

/// Returns the last lines of what a program said.
pub fn last_lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].iter().map(|line| (*line).to_owned()).collect()
}

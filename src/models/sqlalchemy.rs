//! Models as SQLAlchemy metadata, printed as DDL by the project's own Python.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::command::last_lines;
use super::{Declaration, Declared, DeclaredRename, ModelError};
use crate::config;
use crate::database::Dialect;
use crate::sql::{Origin, Statement};

const SCRIPT: &str = include_str!("sqlalchemy.py");

/// What the script answers.
#[derive(Deserialize)]
struct Answer {
    statements: Vec<Printed>,
    renames: Vec<PrintedRename>,
    /// The metadata was found, and has no tables.
    empty: bool,
}

#[derive(Deserialize)]
struct Printed {
    sql: String,
    what: String,
    path: Option<PathBuf>,
    line: Option<usize>,
}

#[derive(Deserialize)]
struct PrintedRename {
    kind: String,
    path: Vec<String>,
    old: String,
}

/// Runs the script and adds what it prints to `declared`; `version` is the server's.
///
/// # Errors
/// No Python, no SQLAlchemy, a module that fails when it is imported: with the last lines of the traceback.
pub fn read(
    models: &config::Models,
    dialect: &'static Dialect,
    version: &str,
    root: &Path,
    declared: &mut Declared,
) -> Result<(), ModelError> {
    let names = models.sqlalchemy.join(", ");
    let python = interpreter(models.python.as_deref(), root);
    let mut script = tempfile::Builder::new()
        .prefix("migrate-")
        .suffix(".py")
        .tempfile()
        .map_err(|error| ModelError::new(format!("cannot write a temporary file: {error}")))?;
    script
        .write_all(SCRIPT.as_bytes())
        .and_then(|()| script.flush())
        .map_err(|error| ModelError::new(format!("cannot write a temporary file: {error}")))?;
    let output = Command::new(&python)
        .arg(script.path())
        .args([dialect.name, version])
        .args(&models.sqlalchemy)
        .current_dir(root)
        .env("MIGRATE_DIALECT", dialect.name)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            ModelError::new(format!("cannot run {} to read the SQLAlchemy models: {error}", python.display()))
                .hint("name the project's interpreter in `python` under [models] in migrate.toml")
        })?;
    if !output.status.success() {
        return Err(failed(&names, &python, &output.stderr));
    }
    let answer: Answer = serde_json::from_slice(&output.stdout).map_err(|error| {
        let mut fault = ModelError::new(format!("cannot read what {} says of the models: {error}", python.display()));
        fault.notes = last_lines(&output.stderr);
        fault
    })?;
    if answer.empty {
        return Err(ModelError::new(format!("the SQLAlchemy metadata of {names} has no tables")).hint(
            "name a module that imports all models, or several: sqlalchemy = [\"app.db.base:Base\", \"app.models\"]",
        ));
    }
    declared.sources.sqlalchemy = true;
    declared.declarations.extend(answer.statements.into_iter().map(|printed| {
        let (origin, lines) = match (printed.path, printed.line) {
            (Some(path), Some(line)) => (Origin::File { path, line }, vec![(0, line)]),
            _ => (Origin::Object(printed.what), Vec::new()),
        };
        let transactional = !(dialect.scripting.refuses_transaction)(&printed.sql);
        let statement = Statement { origin, transactional, ..Statement::new(printed.sql, "") };
        Declaration { statement, lines }
    }));
    declared.renames.extend(answer.renames.into_iter().map(|rename| DeclaredRename {
        kind: rename.kind,
        path: rename.path,
        old: rename.old,
        path_of_file: PathBuf::from(&names),
        line: 0,
    }));
    Ok(())
}

/// Returns the interpreter of the configuration, of the active virtual environment, of the one beside migrate.toml, or
/// whatever `python3` is.
fn interpreter(configured: Option<&str>, root: &Path) -> PathBuf {
    if let Some(python) = configured {
        // A bare name is looked for on PATH.
        return if python.contains(['/', '\\']) { root.join(python) } else { PathBuf::from(python) };
    }
    let (folder, name) = if cfg!(windows) { ("Scripts", "python.exe") } else { ("bin", "python") };
    let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let environments = active.into_iter().chain([root.join(".venv"), root.join("venv")]);
    environments
        .map(|environment| environment.join(folder).join(name))
        .find(|python| python.exists())
        .unwrap_or_else(|| PathBuf::from(if cfg!(windows) { "python" } else { "python3" }))
}

fn failed(names: &str, python: &Path, said: &[u8]) -> ModelError {
    let mut fault = ModelError::new(format!("cannot read the SQLAlchemy models {names}"));
    fault.notes = last_lines(said);
    let last = fault.notes.last().cloned().unwrap_or_default();
    let python = python.display();
    let missing =
        last.strip_prefix("ModuleNotFoundError: No module named ").map(|name| name.trim_matches('\'').to_owned());
    let hint = match missing.as_deref() {
        Some("sqlalchemy") => format!(
            "the interpreter {python} has no SQLAlchemy: activate the project's virtual environment, or name its \
             interpreter in `python` under [models] in migrate.toml"
        ),
        Some(name) if names.split(['.', ':', ',', ' ']).any(|part| part == name) => format!(
            "modules are looked for in the folder of migrate.toml and its src/; {python} found no `{name}` there"
        ),
        Some(name) => format!(
            "the project's modules import `{name}`, which {python} does not have: install it there, or name another \
             interpreter in `python` under [models]; migrate itself needs no database driver, but a module that makes \
             an engine when it is imported does"
        ),
        None => format!("`{python} -c 'import …'` must be able to import what `sqlalchemy` under [models] names"),
    };
    fault.hint(hint)
}

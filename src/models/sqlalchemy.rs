//! Models as SQLAlchemy metadata, printed as DDL by the project's own Python.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::command::last_lines;
use super::error::shown;
use super::{Declaration, Declared, DeclaredRename, ModelError};
use crate::config;
use crate::database::Dialect;
use crate::sql::token::{TokenKind, tokens};
use crate::sql::{Origin, Statement, Syntax};

const SCRIPT: &str = include_str!("sqlalchemy.py");

/// What the script answers.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Declared(Metadata),
    Fault(PrintedFault),
}

#[derive(Deserialize)]
struct Metadata {
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

#[derive(Deserialize)]
struct PrintedFault {
    message: String,
    hint: Option<String>,
    /// The module that was not found.
    missing: Option<String>,
    /// The lines of the project's own files that led there, the last one first to blame.
    trace: Vec<PrintedPlace>,
}

#[derive(Deserialize)]
struct PrintedPlace {
    path: PathBuf,
    line: usize,
}

/// Runs the script and adds what it prints to `declared`; `version` is the server's.
///
/// # Errors
/// No Python, no SQLAlchemy, a module that fails when it is imported: with the line of the project that failed, and those
/// that led there.
pub fn read(
    models: &config::Models,
    dialect: &'static Dialect,
    version: &str,
    root: &Path,
    declared: &mut Declared,
) -> Result<(), ModelError> {
    let names = models.sqlalchemy.join(", ");
    let python = interpreter(models, root);
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
    let answer = serde_json::from_slice(&output.stdout).map_err(|_| {
        let message =
            format!("cannot read the SQLAlchemy models {names}: {} failed ({})", python.display(), output.status);
        ModelError { notes: last_lines(&output.stderr), ..ModelError::new(message) }
    })?;
    let answer = match answer {
        Answer::Declared(metadata) => metadata,
        Answer::Fault(fault) => return Err(failed(fault, &models.sqlalchemy, &python)),
    };
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
        let sql = indented(&printed.sql, dialect.syntax);
        let transactional = !(dialect.scripting.refuses_transaction)(&sql);
        let statement = Statement { origin, transactional, ..Statement::new(sql, "") };
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

/// Returns the statement with blanks in the place of the tabs that SQLAlchemy indents with, and none at the ends of lines.
fn indented(sql: &str, syntax: Syntax) -> String {
    let mut text = String::with_capacity(sql.len());
    for token in tokens(sql, syntax) {
        let own = token.text(sql);
        match own.rsplit_once('\n') {
            Some((_, indent)) if token.kind == TokenKind::Space => text.extend(["\n", &indent.replace('\t', "    ")]),
            _ => text.push_str(own),
        }
    }
    text
}

/// Returns the interpreter of the configuration, of the active virtual environment, of the one beside migrate.toml, or
/// whatever `python3` is.
fn interpreter(models: &config::Models, root: &Path) -> PathBuf {
    if let Some(named) = models.interpreter(root) {
        return named;
    }
    let (folder, name) = if cfg!(windows) { ("Scripts", "python.exe") } else { ("bin", "python") };
    let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let environments = active.into_iter().chain([root.join(".venv"), root.join("venv")]);
    environments
        .map(|environment| environment.join(folder).join(name))
        .find(|python| python.exists())
        .unwrap_or_else(|| PathBuf::from(if cfg!(windows) { "python" } else { "python3" }))
}

fn failed(printed: PrintedFault, names: &[String], python: &Path) -> ModelError {
    let PrintedFault { message, hint, missing, mut trace } = printed;
    let mut fault = ModelError::new(format!("cannot read the SQLAlchemy models {}: {message}", names.join(", ")));
    if let Some(last) = trace.pop() {
        fault = fault.on_line(&last.path, last.line);
    }
    fault.notes =
        trace.iter().rev().map(|led| format!("reached from {}:{}", shown(&led.path).display(), led.line)).collect();
    fault.hint = hint.or_else(|| missing.map(|name| hint_for_missing(&name, names, &python.display().to_string())));
    fault
}

/// Says how the module `missing` is to be found.
fn hint_for_missing(missing: &str, names: &[String], python: &str) -> String {
    let is_the_models = |name: &&String| {
        name.split(':').next().is_some_and(|module| {
            module == missing || module.strip_prefix(missing).is_some_and(|rest| rest.starts_with('.'))
        })
    };
    match names.iter().find(is_the_models) {
        Some(name) if name.contains('/') || name.contains(".py") => {
            let dotted = name.replace(".py", "").trim_start_matches("./").replace('/', ".");
            format!("a module is named with dots: `{dotted}`")
        }
        Some(_) => format!(
            "modules are looked for in the folder of migrate.toml and its src/; {python} found no `{missing}` there"
        ),
        None if missing == "sqlalchemy" => format!(
            "the interpreter {python} has no SQLAlchemy: activate the project's virtual environment, or name its \
             interpreter in `python` under [models] in migrate.toml"
        ),
        None => format!(
            "the project's modules import `{missing}`, which {python} does not have: install it there, or name another \
             interpreter in `python` under [models]; migrate itself needs no database driver, but a module that makes \
             an engine when it is imported does"
        ),
    }
}

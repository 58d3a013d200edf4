//! Model files: `*.sql` and `*.toml`, alone or in folders.

use std::path::{Path, PathBuf};

use super::{Declared, ModelError, sql, toml};
use crate::database::Dialect;

/// Reads the files and folders in the order in which they are named, what is in a folder by name; `alone` when the project
/// has no other source.
///
/// # Errors
/// A path that is not there, that is neither `.sql` nor `.toml`, or whose text can't be read.
pub fn read(
    paths: &[PathBuf],
    dialect: &'static Dialect,
    root: &Path,
    alone: bool,
    declared: &mut Declared,
) -> Result<(), ModelError> {
    let mut document = toml::Document::default();
    for path in paths {
        if path.is_dir() {
            for file in in_folder(path)? {
                read_file(&file, dialect, root, declared, &mut document)?;
            }
        } else {
            read_file(path, dialect, root, declared, &mut document)?;
        }
    }
    toml::declare(&document, dialect, alone && !declared.sources.sql, declared)
}

/// Reads model files that are not written yet, given by path and text, in the order in which they would be read.
///
/// # Errors
/// A text that can't be read.
pub fn of_texts(files: &[(String, String)], dialect: &'static Dialect) -> Result<Declared, ModelError> {
    let (mut declared, mut document) = (Declared::default(), toml::Document::default());
    for (path, text) in files {
        read_text(Path::new(path), text, dialect, &mut declared, &mut document)?;
    }
    let alone = !declared.sources.sql;
    toml::declare(&document, dialect, alone, &mut declared)?;
    Ok(declared)
}

/// Returns the model files below `folder`, by name; what begins with a dot is none.
fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let unreadable =
        |error: std::io::Error| ModelError::new(format!("cannot read the folder {}: {error}", folder.display()));
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?.path());
    }
    entries.sort();
    let mut files = Vec::new();
    for path in entries {
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            files.extend(in_folder(&path)?);
        } else if extension(&path).is_some() {
            files.push(path);
        }
    }
    Ok(files)
}

fn extension(path: &Path) -> Option<&str> {
    path.extension().and_then(|extension| extension.to_str()).filter(|extension| matches!(*extension, "sql" | "toml"))
}

/// Reads one file: SQL into `declared`, TOML into `document`.
fn read_file(
    path: &Path,
    dialect: &'static Dialect,
    root: &Path,
    declared: &mut Declared,
    document: &mut toml::Document,
) -> Result<(), ModelError> {
    let shown = path.strip_prefix(root).unwrap_or(path);
    let bytes = std::fs::read(path).map_err(|error| {
        ModelError::new(format!("cannot read the models in {}: {error}", shown.display()))
            .hint("`paths` under [models] in migrate.toml names them")
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| ModelError::new(format!("the models in {} are not UTF-8 text", shown.display())))?;
    if extension(path).is_none() {
        return Err(ModelError::new(format!("the models in {} are neither .sql nor .toml", shown.display())));
    }
    read_text(path, &text, dialect, declared, document)
}

fn read_text(
    path: &Path,
    text: &str,
    dialect: &'static Dialect,
    declared: &mut Declared,
    document: &mut toml::Document,
) -> Result<(), ModelError> {
    if extension(path) == Some("sql") {
        declared.sources.sql = true;
        return sql::read(path, text, dialect, declared);
    }
    declared.sources.toml = true;
    toml::read(path, text, dialect, document)
}

//! What a shadow answered, and what was proved in it, remembered: a folder that may be deleted at any time.
//!
//! How a database spells a declared schema is a function of the text, of the server's version and settings, and of this
//! program; all of them are in the name of the file that holds the answer.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use crate::database::{Dialect, Reading, Scope};
use crate::schema::stored;
use crate::sql::Statement;

/// Answers older than this are thrown away.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// No more answers than this are kept.
const KEPT: usize = 100;

/// Returns the name under which the answer is remembered.
pub fn key(statements: &[Statement], scope: &Scope, dialect: &Dialect, surroundings: &str) -> String {
    let about = [&program(), dialect.name, surroundings, &scope.version_table];
    let schemas = scope.schemas.iter().map(String::as_str);
    let texts = statements.iter().map(|statement| statement.text.as_str());
    hashed(about.into_iter().chain(schemas).chain(["statements"]).chain(texts))
}

/// Returns the name under which it is remembered that a claim about what an answer was about was proved.
pub fn key_of_proof<'a>(answer: &'a str, claim: &'a [String]) -> String {
    hashed([answer, "proof"].into_iter().chain(claim.iter().map(String::as_str)))
}

fn hashed<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What makes another build of this program another program: its version, size and age.
fn program() -> String {
    let file = std::env::current_exe().and_then(std::fs::metadata);
    let facts = file.map(|file| (file.len(), file.modified().ok()));
    format!("{} {facts:?}", env!("CARGO_PKG_VERSION"))
}

/// Returns the remembered answer, if there is one.
pub fn remembered(key: &str, dialect: &Dialect) -> Option<Reading> {
    let text = std::fs::read_to_string(folder()?.join(file_name(key))).ok()?;
    // The first line counts what has no kind.
    let (unmanaged, objects) = text.split_once('\n')?;
    let catalog = stored::from_json(objects, dialect.kinds).ok()?;
    let unmanaged = serde_json::from_str(unmanaged).ok()?;
    tracing::debug!(key, "the shadow's answer is remembered");
    Some(Reading { catalog, unmanaged })
}

/// Remembers an answer; where that can't be done, nothing is lost but time.
pub fn remember(key: &str, reading: &Reading) {
    let Some(folder) = folder() else { return };
    let (Ok(unmanaged), Ok(objects)) = (serde_json::to_string(&reading.unmanaged), stored::to_json(&reading.catalog))
    else {
        return;
    };
    let text = format!("{unmanaged}\n{objects}");
    let written = std::fs::create_dir_all(&folder).and_then(|()| {
        let file = tempfile::NamedTempFile::new_in(&folder)?;
        std::fs::write(file.path(), text)?;
        file.persist(folder.join(file_name(key))).map_err(|error| error.error)
    });
    if let Err(error) = written {
        tracing::debug!(%error, folder = %folder.display(), "the shadow's answer can't be remembered");
    }
    forget_old(&folder);
}

/// Was this proved?
pub fn is_proved(key: &str) -> bool {
    folder().is_some_and(|folder| folder.join(file_name(key)).exists())
}

/// Remembers that it was.
pub fn remember_proof(key: &str) {
    remember(key, &Reading::default());
}

fn file_name(key: &str) -> String {
    format!("{key}.json")
}

/// `MIGRATE_CACHE` (empty: no cache), else `migrate` in the user's folder for such things; None where there is none.
fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("MIGRATE_CACHE") {
        return Some(PathBuf::from(folder)).filter(|folder| !folder.as_os_str().is_empty());
    }
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    // Source: the XDG Base Directory Specification; Apple's and Microsoft's folders for caches.
    let caches = variable("XDG_CACHE_HOME").or_else(|| match std::env::consts::OS {
        "windows" => variable("LOCALAPPDATA"),
        "macos" => Some(variable("HOME")?.join("Library/Caches")),
        _ => Some(variable("HOME")?.join(".cache")),
    })?;
    Some(caches.join("migrate"))
}

fn forget_old(folder: &std::path::Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut answers: Vec<(SystemTime, PathBuf)> = entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "json"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    answers.sort_by(|a, b| b.cmp(a));
    let now = SystemTime::now();
    for (number, (at, path)) in answers.iter().enumerate() {
        if number >= KEPT || now.duration_since(*at).is_ok_and(|age| age > KEPT_FOR) {
            let _ = std::fs::remove_file(path);
        }
    }
}

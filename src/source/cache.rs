//! What a shadow answered, and what was proved in it, remembered: a folder that may be deleted at any time.
//!
//! How a database spells a declared schema is a function of the text, of the server's version and settings, and of this
//! program; all of them are in the name of the file that holds the answer.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
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
pub fn key(statements: &[Statement], scope: &Scope, dialect: &Dialect, environment_fingerprint: &[&str]) -> String {
    let (program, number) = (program(), scope.schemas.len().to_string());
    let about = [&program, dialect.name, &scope.version_table, &number];
    let schemas = scope.schemas.iter().map(String::as_str);
    let texts = statements.iter().flat_map(|statement| {
        let alone = if statement.transactional { "" } else { "outside a transaction" };
        [statement.text.as_str(), alone]
    });
    hashed(about.into_iter().chain(schemas).chain(environment_fingerprint.iter().copied()).chain(texts))
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
    let text = read(key)?;
    // The first line counts what has no kind.
    let (unmanaged, objects) = text.split_once('\n')?;
    let catalog = stored::from_json(objects, dialect.kinds).ok()?;
    let unmanaged = serde_json::from_str(unmanaged).ok()?;
    tracing::debug!(key, "the shadow's answer is remembered");
    Some(Reading { catalog, unmanaged })
}

/// Remembers an answer; if that can't be done, nothing is lost but time.
pub fn remember(key: &str, reading: &Reading) {
    let texts = (serde_json::to_string(&reading.unmanaged), stored::to_json(&reading.catalog));
    if let (Ok(unmanaged), Ok(objects)) = texts {
        write(key, &format!("{unmanaged}\n{objects}"));
    }
}

/// Was this proved?
pub fn is_proved(key: &str) -> bool {
    read(key).is_some_and(|text| text == PROVED)
}

/// Remembers that it was.
pub fn remember_proof(key: &str) {
    write(key, PROVED);
}

const PROVED: &str = "proved";

/// The first line of a file: what its name and its text come to, so that one that was cut short, changed or put under
/// another name counts for nothing.
fn seal(key: &str, text: &str) -> String {
    hashed([key, text].into_iter())
}

fn read(key: &str) -> Option<String> {
    let folder = folder()?;
    let file = std::fs::File::open(folder.join(file_name(key))).ok()?;
    if !(is_private(&folder.metadata().ok()?) && is_private(&file.metadata().ok()?)) {
        tracing::debug!(folder = %folder.display(), "others may write here: nothing is taken from it");
        return None;
    }
    let mut text = String::new();
    std::io::BufReader::new(file).read_to_string(&mut text).ok()?;
    let (sealed, rest) = text.split_once('\n')?;
    let whole = sealed == seal(key, rest);
    whole.then(|| rest.to_owned())
}

fn write(key: &str, text: &str) {
    let Some(folder) = folder() else { return };
    let written = make(&folder).and_then(|()| {
        // The file is for this user alone.
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        write!(file, "{}\n{text}", seal(key, text))?;
        file.persist(folder.join(file_name(key))).map_err(|error| error.error)
    });
    if let Err(error) = written {
        tracing::debug!(%error, folder = %folder.display(), "the shadow's answer can't be remembered");
    }
    forget_old(&folder);
}

/// Makes the folder, for this user alone.
fn make(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Does it belong to this user, so that nobody else may write into it?
#[cfg(unix)]
fn is_private(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    static USER: std::sync::OnceLock<Option<u32>> = std::sync::OnceLock::new();
    // Whose is a file that this process makes?
    let user = USER.get_or_init(|| Some(tempfile::tempfile().ok()?.metadata().ok()?.uid()));
    *user == Some(metadata.uid()) && metadata.mode() & 0o022 == 0
}

/// Elsewhere the folder lies in the user's own.
#[cfg(not(unix))]
fn is_private(_: &std::fs::Metadata) -> bool {
    true
}

fn file_name(key: &str) -> String {
    format!("{key}.json")
}

/// `answers` in the folder for them, which nobody but this user may write into.
fn folder() -> Option<PathBuf> {
    Some(caches()?.join("answers"))
}

/// `MIGRATE_CACHE` (empty: no cache), else `migrate` in the user's folder for such things; None if there is none.
fn caches() -> Option<PathBuf> {
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

fn forget_old(folder: &Path) {
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

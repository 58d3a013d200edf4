//! An SQLite URL becomes the name of a file and how it is opened.
//!
//! Source: SQLAlchemy, "SQLite: connect strings"; SQLite, "Uniform Resource Identifiers", 3.3.

use std::path::{Path, PathBuf};

use crate::database::DatabaseError;

/// What a URL names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// A file's name, `:memory:`, or a URI of SQLite's own that begins with `file:`.
    pub name: String,
    pub mode: Mode,
}

/// `mode`: what may be done to the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    ReadOnly,
    /// It must be there already.
    ReadWrite,
    #[default]
    Create,
}

/// What libraries read from URLs to set up connections of their own: how long they wait, how they cache.
const LIBRARIES: &[&str] = &[
    // Python's sqlite3, and SQLAlchemy
    "cached_statements",
    "check_same_thread",
    "detect_types",
    "isolation_level",
    "timeout",
    "uri",
    // Prisma, Rails
    "connection_limit",
    "pool",
    "socket_timeout",
    // go-sqlite3
    "_busy_timeout",
    "_cache_size",
    "_fk",
    "_foreign_keys",
    "_journal",
    "_journal_mode",
    "_loc",
    "_pragma",
    "_sync",
    "_synchronous",
    "_timeout",
    "_txlock",
];

/// What SQLite reads of a `file:` URI.
const OF_URIS: &[&str] = &["cache", "immutable", "mode", "modeof", "nolock", "psow", "uri", "vfs"];

impl Named {
    /// Reads the spellings of SQLAlchemy and others: `sqlite:///rel.db`, `sqlite:////abs.db`, `sqlite://rel.db`,
    /// `sqlite:rel.db`; `:memory:` for a database in memory, and a `file:` URI as it is.
    ///
    /// # Errors
    /// `Url` or `Setting`, with the name of a parameter that is unknown or has a wrong value.
    pub fn read(url: &str) -> Result<Named, DatabaseError> {
        let rest = url.split_once(':').map_or("", |(_, rest)| rest);
        let rest = rest.strip_prefix("///").or_else(|| rest.strip_prefix("//")).unwrap_or(rest);
        let (name, query) = rest.split_once('?').unwrap_or((rest, ""));
        if name.contains('\0') {
            return Err(DatabaseError::Url("the name of the database file has a null byte".to_owned()));
        }
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs: Vec<(&str, &str)> = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
        if name.starts_with("file:") {
            return match pairs.iter().find(|(known, _)| !OF_URIS.contains(known)) {
                Some((unknown, _)) => Err(unknown_parameter(unknown, OF_URIS)),
                None => Ok(Named { name: rest.to_owned(), mode: Mode::Create }),
            };
        }
        let mut named = Named { name: name.to_owned(), mode: Mode::default() };
        if named.name.is_empty() {
            named.name = ":memory:".to_owned();
        }
        for (parameter, value) in pairs {
            match (parameter, value) {
                ("mode", "ro") => named.mode = Mode::ReadOnly,
                ("mode", "rw") => named.mode = Mode::ReadWrite,
                ("mode", "rwc") => named.mode = Mode::Create,
                ("mode", "memory") => named.name = ":memory:".to_owned(),
                ("mode", other) => return Err(not_one_of("mode", other, "ro, rw, rwc, memory")),
                // One connection has nobody in its process to share a cache with.
                ("cache", "shared" | "private") => {}
                ("cache", other) => return Err(not_one_of("cache", other, "shared, private")),
                ("immutable" | "nolock" | "psow" | "vfs" | "modeof", _) => {
                    return Err(setting(
                        format!(
                            "the database URL has the parameter `{parameter}`, which belongs in a URI of SQLite's own"
                        ),
                        format!("write it as `sqlite:///file:{name}?{query}`"),
                    ));
                }
                (library, _) if LIBRARIES.contains(&library) => {}
                (unknown, _) => return Err(unknown_parameter(unknown, &["mode", "cache"])),
            }
        }
        Ok(named)
    }

    pub fn is_uri(&self) -> bool {
        self.name.starts_with("file:")
    }

    /// Returns the file; None for a database in memory or one that SQLite's own URI names.
    pub fn file(&self, root: &Path) -> Option<PathBuf> {
        (!self.is_uri() && self.name != ":memory:").then(|| root.join(&self.name))
    }
}

fn setting(message: String, hint: String) -> DatabaseError {
    DatabaseError::Setting { message, hint: Some(hint), in_url: true }
}

fn not_one_of(name: &str, value: &str, words: &str) -> DatabaseError {
    let message = format!("{name} is `{value}`; it is one of {words}");
    DatabaseError::Setting { message, hint: None, in_url: true }
}

fn unknown_parameter(name: &str, known: &[&str]) -> DatabaseError {
    let near = known.iter().min_by_key(|known| strsim::damerau_levenshtein(name, known));
    let near = near.filter(|near| strsim::damerau_levenshtein(name, near) <= near.len() / 2);
    setting(
        format!("the database URL has the unknown parameter `{name}`"),
        match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known parameters: {}", known.join(", ")),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_names_its_file() {
        for (url, name) in [
            ("sqlite:///rel.db", "rel.db"),
            ("sqlite:////abs.db", "/abs.db"),
            ("sqlite+aiosqlite:///./dev.db", "./dev.db"),
            ("sqlite://app.db", "app.db"),
            ("sqlite:app.db?timeout=5", "app.db"),
            ("sqlite://app.db?mode=memory", ":memory:"),
            ("sqlite://", ":memory:"),
            ("sqlite:///:memory:", ":memory:"),
            ("sqlite:///file:x.db?mode=ro&uri=true", "file:x.db?mode=ro&uri=true"),
        ] {
            assert_eq!(Named::read(url).unwrap().name, name, "{url}");
        }
        assert_eq!(Named::read("sqlite://app.db?cache=shared&mode=ro").unwrap().mode, Mode::ReadOnly);
    }

    #[test]
    fn no_parameter_is_ignored() {
        for (url, words) in [
            ("sqlite://app.db?mdoe=ro", "the unknown parameter `mdoe`"),
            ("sqlite://app.db?mode=readonly", "mode is `readonly`; it is one of ro, rw, rwc, memory"),
            ("sqlite://app.db?cache=none", "cache is `none`"),
            ("sqlite://app.db?immutable=1", "`immutable`"),
            ("sqlite:///file:x.db?mdoe=ro", "`mdoe`"),
        ] {
            let error = Named::read(url).unwrap_err().to_string();
            assert!(error.contains(words), "{url}: {error}");
        }
    }
}

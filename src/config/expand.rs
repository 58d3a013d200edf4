//! `${VAR}` and `${VAR:-default}` in the strings of migrate.toml, from the environment, then from `.env`.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::env_file::{self, Entry, EnvFile};
use super::error::ConfigError;

/// How many bytes a text may have with its variables replaced, and all of a `.env` together: values that use each other can
/// double with each line.
const LONGEST: usize = 1 << 20;

/// How many `${A:-${B:-…}}` may be inside each other.
const DEEPEST: usize = 64;

/// Where variables come from. The `.env` is read only when the environment lacks one.
pub(super) struct Variables<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
    env_path: PathBuf,
    env_file: OnceCell<Result<Values, ConfigError>>,
}

/// The last value of each name in a `.env`.
type Values = HashMap<String, Result<String, ExpandError>>;

/// Why a text could not be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ExpandError {
    /// The variable is neither in the environment nor in `.env`, and has no default.
    Missing(String),
    /// What stands at the `$` with this spelling is not `${NAME}` or `${NAME:-default}`.
    Spelling(String),
    /// Variables stand in the defaults of others too deep, or come to too long a text.
    TooMuch(&'static str),
    /// The `.env` itself is wrong.
    EnvFile(Box<ConfigError>),
}

impl<'a> Variables<'a> {
    pub fn new(environment: &'a dyn Fn(&str) -> Option<String>, root: &Path) -> Self {
        Variables { environment, env_path: root.join(".env"), env_file: OnceCell::new() }
    }

    /// Returns the value of `name`, or None where neither the environment nor `.env` sets it.
    ///
    /// # Errors
    /// `ExpandError` if the variable is in neither place, or its own value can't be expanded.
    pub fn get(&self, name: &str) -> Result<Option<String>, ExpandError> {
        if let Some(value) = (self.environment)(name) {
            return Ok(Some(value));
        }
        let values = self.env_file.get_or_init(|| read(&self.env_path).map(|file| self.values(&file)));
        let values = values.as_ref().map_err(|error| ExpandError::EnvFile(Box::new(error.clone())))?;
        values.get(name).cloned().transpose()
    }

    /// A value may use what stands above it, so they are made in the order of the file.
    fn values(&self, file: &EnvFile) -> Values {
        let mut values = Values::new();
        let mut length = 0;
        for entry in &file.entries {
            let mut value = self.value(entry, &values, &file.path);
            length += value.as_ref().map_or(0, String::len);
            if length > LONGEST && value.is_ok() {
                value = Err(too_much(entry, &file.path, "the values up to here come to more than a megabyte"));
            }
            values.insert(entry.name.clone(), value);
        }
        values
    }

    fn value(&self, entry: &Entry, above: &Values, path: &Path) -> Result<String, ExpandError> {
        if !entry.expands {
            return Ok(entry.value.clone());
        }
        let get = |other: &str| match (self.environment)(other) {
            Some(value) => Ok(Some(value)),
            None => above.get(other).cloned().transpose(),
        };
        match expand(&entry.value, '\\', &get) {
            Err(ExpandError::Missing(other)) => Err(ExpandError::EnvFile(Box::new(
                ConfigError::on_line(
                    format!("{} uses the variable {other}, which is not set", entry.name),
                    path,
                    entry.line,
                )
                .hint(format!("set {other} above that line or in the environment")),
            ))),
            // A `$` that is no variable is part of the value, as in a password.
            Err(ExpandError::Spelling(_)) => Ok(entry.value.replace("\\$", "$")),
            Err(ExpandError::TooMuch(why)) => Err(too_much(entry, path, why)),
            result => result,
        }
    }
}

fn too_much(entry: &Entry, path: &Path, why: &str) -> ExpandError {
    let error = ConfigError::on_line(format!("{} can't be expanded: {why}", entry.name), path, entry.line);
    ExpandError::EnvFile(Box::new(error))
}

/// Reads a `.env` that is a text, and expands its values.
///
/// # Errors
/// The first mistake.
pub(super) fn check(path: &Path, text: &str) -> Result<(), ConfigError> {
    let file = env_file::parse(path, text)?;
    let values = Variables::new(&|_| None, Path::new("/")).values(&file);
    match values.into_values().find_map(Result::err) {
        Some(ExpandError::EnvFile(error)) => Err(*error),
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<EnvFile, ConfigError> {
    match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => env_file::parse(path, &text),
            Err(_) => Err(ConfigError::new("the file is not UTF-8 text").of(path)),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(EnvFile::default()),
        Err(error) => Err(ConfigError::new(format!("cannot read the file: {error}")).of(path)),
    }
}

/// Replaces the variables in `text`. `escape` before a `$` takes away its meaning (`$$` in migrate.toml, `\$` in .env).
///
/// As in a shell, `:-` also stands in for a variable that is set to nothing, and only what is used is expanded. A value
/// is put in as it is, percent signs and further `${` included.
pub(super) fn expand(
    text: &str,
    escape: char,
    get: &dyn Fn(&str) -> Result<Option<String>, ExpandError>,
) -> Result<String, ExpandError> {
    if nesting(text) > DEEPEST {
        return Err(ExpandError::TooMuch("more than 64 variables are in the defaults of each other"));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['$', escape]) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with(escape) && rest[escape.len_utf8()..].starts_with('$') {
            out.push('$');
            rest = &rest[escape.len_utf8() + 1..];
        } else if let Some(inner) = rest.strip_prefix("${") {
            let end = closing_brace(inner).ok_or_else(|| ExpandError::Spelling(rest.to_owned()))?;
            out.push_str(&variable(&inner[..end], escape, get)?);
            rest = &inner[end + 1..];
        } else {
            let first = rest.chars().next().map_or(1, char::len_utf8);
            out.push_str(&rest[..first]);
            rest = &rest[first..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn variable(
    inner: &str,
    escape: char,
    get: &dyn Fn(&str) -> Result<Option<String>, ExpandError>,
) -> Result<String, ExpandError> {
    let length = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(length);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(ExpandError::Spelling(format!("${{{inner}}}")));
    }
    let value = get(name)?;
    match (value, rest.strip_prefix(":-")) {
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => expand(default, escape, get),
        (_, None) if !rest.is_empty() => Err(ExpandError::Spelling(format!("${{{inner}}}"))),
        (Some(value), None) => Ok(value),
        (None, None) => Err(ExpandError::Missing(name.to_owned())),
    }
}

/// Returns how many `${` are open at the same time at most.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut before) = (0usize, 0, ' ');
    for char in text.chars() {
        match char {
            '{' if before == '$' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
        before = char;
    }
    deepest
}

/// Returns where the `}` is that closes the `${` before `inner`.
fn closing_brace(inner: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut before = ' ';
    for (at, char) in inner.char_indices() {
        match char {
            '{' if before == '$' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        before = char;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String, ExpandError> {
        expand(text, '$', &|name| {
            Ok(match name {
                "A" => Some("a%40${B}".to_owned()),
                "EMPTY" => Some(String::new()),
                _ => None,
            })
        })
    }

    #[test]
    fn variables_defaults_and_escapes() {
        for (text, value) in [
            ("x${A}y", "xa%40${B}y"),
            ("${NO:-${A}}", "a%40${B}"),
            ("${NO:-${NEITHER:-é}}/${EMPTY:-d}/${EMPTY}", "é/d/"),
            ("${A:-${UNUSED}}", "a%40${B}"),
            ("$$ $${A} $A 5$", "$ ${A} $A 5$"),
            ("${NO:-}", ""),
        ] {
            assert_eq!(expanded(text), Ok(value.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_grows_without_end_is_refused() {
        let nested = format!("{}x{}", "${NO:-".repeat(50_000), "}".repeat(50_000));
        assert!(matches!(expanded(&nested), Err(ExpandError::TooMuch(_))));
        let nested = format!("{}x{}", "${NO:-".repeat(64), "}".repeat(64));
        assert_eq!(expanded(&nested), Ok("x".to_owned()));
        let folder = tempfile::tempdir().unwrap();
        let value = |text: &str, name: &str| {
            std::fs::write(folder.path().join(".env"), text).unwrap();
            Variables::new(&|_| None, folder.path()).get(name)
        };
        for first in ["x", ""] {
            let doubling: String = (1..=60).map(|n| format!("A{n}=${{A{}}}${{A{}}}\n", n - 1, n - 1)).collect();
            let last = value(&format!("A0={first}\n{doubling}"), "A60");
            match first {
                "" => assert_eq!(last, Ok(Some(String::new()))),
                _ => assert!(
                    matches!(last, Err(ExpandError::EnvFile(error)) if error.place.as_ref().unwrap().line == 21)
                ),
            }
        }
        let chain: String = (1..=100_000).map(|n| format!("A{n}=${{A{}}}\n", n - 1)).collect();
        assert_eq!(value(&format!("A0=x\n{chain}"), "A100000"), Ok(Some("x".to_owned())));
    }

    #[test]
    fn what_is_missing_or_misspelt_is_named() {
        assert_eq!(expanded("${NO:-${NEITHER}}"), Err(ExpandError::Missing("NEITHER".to_owned())));
        for text in ["${A", "${A!x}", "${}", "${1}", "${A:-${B}"] {
            assert!(matches!(expanded(text), Err(ExpandError::Spelling(_))), "{text}");
        }
    }
}

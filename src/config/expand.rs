//! `${VAR}` and `${VAR:-default}` in the strings of migrate.toml, from the environment, then from `.env`.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::env_file::{self, EnvFile};
use super::error::ConfigError;

/// Where variables come from. The `.env` is read only when the environment lacks one.
pub(super) struct Variables<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
    env_path: PathBuf,
    env_file: OnceCell<Result<EnvFile, ConfigError>>,
}

/// Why a text could not be expanded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ExpandError {
    /// The variable is neither in the environment nor in `.env`, and has no default.
    Missing(String),
    /// What stands at the `$` with this spelling is not `${NAME}` or `${NAME:-default}`.
    Spelling(String),
    /// The `.env` itself is wrong.
    EnvFile(Box<ConfigError>),
}

impl<'a> Variables<'a> {
    pub fn new(environment: &'a dyn Fn(&str) -> Option<String>, root: &Path) -> Self {
        Variables { environment, env_path: root.join(".env"), env_file: OnceCell::new() }
    }

    /// Returns the value of `name`, or None where neither the environment nor `.env` sets it.
    pub fn get(&self, name: &str) -> Result<Option<String>, ExpandError> {
        self.get_before(name, usize::MAX)
    }

    /// As `get`, but looks only at the first `count` entries of `.env`: a value there may use what stands above it.
    fn get_before(&self, name: &str, count: usize) -> Result<Option<String>, ExpandError> {
        if let Some(value) = (self.environment)(name) {
            return Ok(Some(value));
        }
        let file = self.env_file.get_or_init(|| read(&self.env_path));
        let file = file.as_ref().map_err(|error| ExpandError::EnvFile(Box::new(error.clone())))?;
        let Some(at) = file.entries.iter().take(count).rposition(|entry| entry.name == name) else { return Ok(None) };
        let entry = &file.entries[at];
        if !entry.expands {
            return Ok(Some(entry.value.clone()));
        }
        match expand(&entry.value, '\\', &|other| self.get_before(other, at)) {
            Ok(value) => Ok(Some(value)),
            Err(ExpandError::Missing(other)) => Err(ExpandError::EnvFile(Box::new(
                ConfigError::on_line(
                    format!("{name} uses the variable {other}, which is not set"),
                    &file.path,
                    entry.line,
                )
                .hint(format!("set {other} above that line or in the environment")),
            ))),
            // A `$` that is no variable is part of the value, as in a password.
            Err(ExpandError::Spelling(_)) => Ok(Some(entry.value.replace("\\$", "$"))),
            Err(error) => Err(error),
        }
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
    fn what_is_missing_or_misspelt_is_named() {
        assert_eq!(expanded("${NO:-${NEITHER}}"), Err(ExpandError::Missing("NEITHER".to_owned())));
        for text in ["${A", "${A!x}", "${}", "${1}", "${A:-${B}"] {
            assert!(matches!(expanded(text), Err(ExpandError::Spelling(_))), "{text}");
        }
    }
}

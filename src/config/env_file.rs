//! The `.env` beside migrate.toml: `NAME=value` lines as python-dotenv and docker compose read them.

use std::path::{Path, PathBuf};

use super::error::ConfigError;

/// The variables of one `.env`, in its order; a name that is set twice is there twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct EnvFile {
    pub path: PathBuf,
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub name: String,
    pub value: String,
    /// May `${OTHER}` stand in the value? Not in single quotes.
    pub expands: bool,
    /// From 1.
    pub line: usize,
}

/// Reads a `.env`: `export` before the name, comments, single and double quotes (which may go on over lines).
///
/// # Errors
/// A name that can't be one, a quote that is not closed, text after a closing quote. The line itself is never shown,
/// since it may be a secret.
pub(super) fn parse(path: &Path, text: &str) -> Result<EnvFile, ConfigError> {
    let mut entries = Vec::new();
    let text = text.trim_start_matches('\u{feff}');
    let mut rest = text;
    let (mut line, mut counted) = (1, text);
    while !rest.is_empty() {
        line += counted[..counted.len() - rest.len()].matches('\n').count();
        counted = rest;
        let fault = |message: String| ConfigError::on_line(message, path, line);
        let (this, _) = rest.split_once('\n').unwrap_or((rest, ""));
        let content = this.trim_start();
        if content.trim_end().is_empty() || content.starts_with('#') {
            rest = after_line(rest, 0);
            continue;
        }
        let content =
            content.strip_prefix("export").filter(|c| c.starts_with([' ', '\t'])).map_or(content, str::trim_start);
        let Some((name, value)) = content.split_once('=') else {
            // `NAME` alone declares a variable without setting it.
            rest = after_line(rest, 0);
            continue;
        };
        let name = name.trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)) {
            return Err(fault("the text before `=` is not the name of a variable".to_owned())
                .hint("write NAME=value, one a line; put a value with special characters in quotes"));
        }
        let blank = value.len() - value.trim_start_matches([' ', '\t']).len();
        let value_start = this.len() - value.len() + blank;
        let after = &rest[value_start..];
        let (value, expands, used) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let (value, used) = quoted(&after[1..], quote)
                    .ok_or_else(|| fault(format!("the quote that opens the value of {name} is not closed")))?;
                let tail = after[1 + used..].lines().next().unwrap_or_default().trim();
                if !(tail.is_empty() || tail.starts_with('#')) {
                    return Err(fault(format!("there is text after the closing quote of {name}"))
                        .hint("a quote inside the value is written with a backslash before it"));
                }
                (value, quote == '"', 1 + used)
            }
            _ => (unquoted(after.lines().next().unwrap_or_default()), true, 0),
        };
        entries.push(Entry { name: name.to_owned(), value, expands, line });
        rest = after_line(rest, value_start + used);
    }
    Ok(EnvFile { path: path.to_owned(), entries })
}

/// Returns what follows the first line end at or after byte `from`.
fn after_line(rest: &str, from: usize) -> &str {
    rest[from..].find('\n').map_or("", |newline| &rest[from + newline + 1..])
}

/// Returns the value of a quoted text and the bytes up to and with its closing quote.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        if char == quote {
            return Some((value, at + 1));
        }
        if char != '\\' {
            value.push(char);
            continue;
        }
        let (_, escaped) = chars.next()?;
        match escaped {
            'n' if quote == '"' => value.push('\n'),
            'r' if quote == '"' => value.push('\r'),
            't' if quote == '"' => value.push('\t'),
            // Kept with its backslash, so that the expansion of variables sees that it is not meant.
            '$' if quote == '"' => value.push_str("\\$"),
            '"' if quote == '"' => value.push('"'),
            '\'' if quote == '\'' => value.push('\''),
            '\\' => value.push('\\'),
            other => value.extend(['\\', other]),
        }
    }
    None
}

/// Ends at a `#` with a blank before it, as in python-dotenv.
fn unquoted(line: &str) -> String {
    let end = line
        .char_indices()
        .find(|&(at, char)| char == '#' && (at == 0 || line[..at].ends_with([' ', '\t'])))
        .map_or(line.len(), |(at, _)| at);
    line[..end].trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spellings_are_read() {
        let text = "\u{feff}# comment\nA=1\r\n  export B = two words # not this\nC='x # $y ${z}'\nD=\"a\\n\\\"b\\\" ${A}\" # c\n\
                    E=\nF\nG=\"two\nlines\"\nH=p#q%41@é\nA=2";
        let file = parse(Path::new(".env"), text).unwrap();
        let seen: Vec<_> =
            file.entries.iter().map(|e| (e.name.as_str(), e.value.as_str(), e.expands, e.line)).collect();
        assert_eq!(
            seen,
            [
                ("A", "1", true, 2),
                ("B", "two words", true, 3),
                ("C", "x # $y ${z}", false, 4),
                ("D", "a\n\"b\" ${A}", true, 5),
                ("E", "", true, 6),
                ("G", "two\nlines", true, 8),
                ("H", "p#q%41@é", true, 10),
                ("A", "2", true, 11),
            ]
        );
    }

    #[test]
    fn faults_name_the_line_but_not_the_secret() {
        for (text, line, message) in [
            ("A=1\nB=\"secret", 2, "the quote that opens the value of B is not closed"),
            ("my secret=1", 1, "the text before `=` is not the name of a variable"),
            ("\n\nA='x' secret", 3, "there is text after the closing quote of A"),
        ] {
            let error = parse(Path::new(".env"), text).unwrap_err();
            let place = error.place.unwrap();
            assert_eq!((place.line, error.message.as_str(), place.line_text.as_str()), (line, message, ""));
        }
    }
}

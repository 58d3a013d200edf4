//! What is wrong with migrate.toml or .env, and where.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::place::Place;

/// A fault of the configuration: a sentence, its place, and what to try.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    pub message: String,
    /// The file that is wrong; None when no file was found.
    pub path: Option<PathBuf>,
    /// Passwords are hidden in its line, which is empty when it may hold a secret throughout, as in .env.
    pub place: Option<Place>,
    pub hint: Option<String>,
}

impl ConfigError {
    /// A fault without a place in a file.
    pub(super) fn new(message: impl Into<String>) -> Self {
        ConfigError { message: message.into(), path: None, place: None, hint: None }
    }

    /// A fault at the bytes `span` of `text`, which is the content of `path`.
    pub(super) fn at(message: impl Into<String>, path: &Path, text: &str, span: Range<usize>) -> Self {
        let mut place = Place::new(path, text, span);
        place.line_text = hide_passwords(&place.line_text);
        ConfigError { place: Some(place), ..ConfigError::new(message).of(path) }
    }

    /// A fault on line `line` of a file whose lines are not to be shown.
    pub(super) fn on_line(message: impl Into<String>, path: &Path, line: usize) -> Self {
        ConfigError { place: Some(Place::of_hidden_line(path, line)), ..ConfigError::new(message).of(path) }
    }

    pub(super) fn of(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Replaces every character of a password that a line spells out by `*`, so that columns stay what they are.
///
/// `${…}` is left: it names a variable, not its value.
fn hide_passwords(line: &str) -> String {
    let mut hidden: Vec<char> = line.chars().collect();
    let end_of_word = |from: usize, chars: &[char]| {
        (from..chars.len()).find(|&at| matches!(chars[at], '"' | '\'' | ' ' | '\t')).unwrap_or(chars.len())
    };
    let starts_with =
        |at: usize, word: &str, chars: &[char]| chars[at..].iter().copied().take(word.len()).eq(word.chars());
    let mut from = 0;
    while from < hidden.len() {
        let end = end_of_word(from, &hidden);
        let scheme = (from..end).find(|&at| starts_with(at, "://", &hidden));
        hide_login(&mut hidden[scheme.map_or(from, |at| at + 3)..end], scheme.is_some());
        from = end + 1;
    }
    for at in 0..hidden.len() {
        if starts_with(at, "password=", &hidden) {
            let start = at + "password=".len();
            let word = end_of_word(start, &hidden);
            let end = (start..word).find(|&at| hidden[at] == '&').unwrap_or(word);
            outside_of_variables(&hidden[start..end]).into_iter().for_each(|i| hidden[start + i] = '*');
        }
    }
    hidden.into_iter().collect()
}

/// Hides what is, or may be meant as, a password in what follows the scheme: all between the first `:` and the last `@`; and
/// without an `@`, a port that is none.
fn hide_login(chars: &mut [char], has_scheme: bool) {
    let sign = chars.iter().rposition(|&char| char == '@');
    let end = match sign {
        Some(sign) => sign,
        None if has_scheme => chars.iter().position(|char| matches!(char, '/' | '?')).unwrap_or(chars.len()),
        None => return,
    };
    let outside = outside_of_variables(&chars[..end]);
    let Some(colon) = outside.iter().copied().find(|&at| chars[at] == ':') else { return };
    let is_port = |char: char| char.is_ascii_digit() || char == ',';
    if sign.is_some()
        || chars.first() != Some(&'[')
            && !chars[..end].contains(&',')
            && !chars[colon + 1..end].iter().all(|&c| is_port(c))
    {
        outside.iter().filter(|&&at| at > colon).for_each(|&at| chars[at] = '*');
    }
}

/// Returns the places in `chars` that are not inside `${…}`.
fn outside_of_variables(chars: &[char]) -> Vec<usize> {
    let mut depth = 0usize;
    let mut outside = Vec::new();
    for (at, &char) in chars.iter().enumerate() {
        match char {
            '$' if chars.get(at + 1) == Some(&'{') => depth += 1,
            '}' if depth > 0 => depth -= 1,
            _ if depth == 0 => outside.push(at),
            _ => {}
        }
    }
    outside
}

#[cfg(test)]
mod tests {
    use super::hide_passwords;

    #[test]
    fn a_password_in_a_line_is_hidden() {
        for (line, shown) in [
            ("url = \"postgresql://u:s3cr@t@${H:-x}/d\"", "url = \"postgresql://u:******@${H:-x}/d\""),
            ("url = 'postgresql://${U:-a}:${P}@h/d'", "url = 'postgresql://${U:-a}:${P}@h/d'"),
            ("url = 'postgresql://h/d?user=u&password=abc&x=1'", "url = 'postgresql://h/d?user=u&password=***&x=1'"),
            ("url = \"sqlite://app.db\"", "url = \"sqlite://app.db\""),
            ("url = 'ann:s3cr3t@h/d'", "url = 'ann:******@h/d'"),
            ("url = 'postgresql://u:p@s/w#r?d@h:1/x'", "url = 'postgresql://u:*********@h:1/x'"),
            ("url = 'postgresql://u:secret/d'", "url = 'postgresql://u:******/d'"),
            ("url = 'postgresql://a:1,b:2/d'", "url = 'postgresql://a:1,b:2/d'"),
            ("url = 'postgresql://h:${PORT:-5432}/d'", "url = 'postgresql://h:${PORT:-5432}/d'"),
        ] {
            assert_eq!(hide_passwords(line), shown);
        }
    }
}

//! Directives: line comments that begin with `migrate:`, found by the lexer, so that none is in a literal, a quoted name
//! or a block comment.

use std::borrow::Cow;
use std::ops::Range;

use crate::sql::Syntax;
use crate::sql::token::{TokenKind, tokens};

/// A directive in a text: its comment's bytes, and what follows `migrate:` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive<'a> {
    pub bytes: Range<usize>,
    pub words: &'a str,
}

/// Returns what follows `migrate:` when `comment` is a directive.
pub fn words(comment: &str) -> Option<&str> {
    comment.strip_prefix("--")?.trim_start().strip_prefix("migrate:")
}

/// Returns the directives of `text` in order.
pub fn all(text: &str, syntax: Syntax) -> impl Iterator<Item = Directive<'_>> {
    let comments = tokens(text, syntax).filter(|token| token.kind == TokenKind::Comment);
    comments.filter_map(|token| Some(Directive { bytes: token.start..token.end, words: words(token.text(text))? }))
}

/// Returns SQL that no parser of revisions finds a directive in: a comment that looks like one is changed.
pub fn disarmed(sql: &str, syntax: Syntax) -> Cow<'_, str> {
    if !sql.contains("migrate:") {
        return Cow::Borrowed(sql);
    }
    let mut out = String::with_capacity(sql.len() + 2);
    let mut copied = 0;
    for directive in all(sql, syntax) {
        let at = directive.bytes.end - directive.words.len() - "migrate:".len();
        out.push_str(&sql[copied..at]);
        out.push_str("(migrate):");
        copied = at + "migrate:".len();
    }
    out.push_str(&sql[copied..]);
    Cow::Owned(out)
}

/// Why it can't be told where a section ends, or what its directives are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// The quote or comment that opens here is never closed, and there are section lines after it.
    NeverClosed { at: usize },
    /// A line that is a directive for one database and part of a literal or a comment for the other.
    Either { at: usize },
}

/// Returns which of `lines` (where lines that look like those of a section begin, in ascending order) is the first that is a
/// comment of the section beginning at byte `from`; None where all of them are inside literals.
///
/// A section for one database is read by its rules. One for every database must read the same by the rules of each; a
/// database by whose rules a quote or comment stays open to the end of the file has no say, since it can't run that section.
///
/// # Errors
/// `Unclear`.
pub fn next_section(
    text: &str,
    from: usize,
    lines: &[usize],
    dialect: Option<Syntax>,
) -> Result<Option<usize>, Unclear> {
    let Some(&first) = lines.first() else { return Ok(None) };
    let before = text.as_bytes().get(from..first).unwrap_or_default();
    if !before.iter().any(|byte| b"'\"`[$/\r".contains(byte)) {
        return Ok(Some(0));
    }
    let read = |syntax| reading(text, from, lines, syntax);
    match dialect.map_or_else(|| (read(Syntax::Postgres), read(Syntax::Sqlite)), |one| (read(one), read(one))) {
        (Reading::Open(at), Reading::Open(_)) => Err(Unclear::NeverClosed { at }),
        (Reading::Next(line), Reading::Open(_)) | (Reading::Open(_), Reading::Next(line)) => Ok(line),
        (Reading::Next(one), Reading::Next(other)) if one == other => Ok(one),
        (Reading::Next(one), Reading::Next(other)) => {
            let line = one.into_iter().chain(other).min().unwrap_or(0);
            Err(Unclear::Either { at: lines.get(line).copied().unwrap_or(first) })
        }
    }
}

enum Reading {
    /// The line that is a comment; None if there is none.
    Next(Option<usize>),
    /// What opens here is never closed.
    Open(usize),
}

fn reading(text: &str, from: usize, lines: &[usize], syntax: Syntax) -> Reading {
    let mut line = 0;
    for token in tokens(text.get(from..).unwrap_or_default(), syntax) {
        let (start, end) = (from + token.start, from + token.end);
        while lines.get(line).is_some_and(|&at| at < start) {
            line += 1;
        }
        match lines.get(line) {
            None => break,
            Some(&at) if at == start && token.kind == TokenKind::Comment => return Reading::Next(Some(line)),
            Some(&at) if at < end && token.kind == TokenKind::Unterminated => return Reading::Open(start),
            Some(_) => {}
        }
    }
    Reading::Next(None)
}

/// Returns the rules by which the directives of a section's text are read: those of its dialect, else those of a database
/// that can run it.
///
/// # Errors
/// The byte at which a directive begins that is for one database only.
pub fn rules(text: &str, dialect: Option<Syntax>) -> Result<Syntax, usize> {
    if let Some(dialect) = dialect {
        return Ok(dialect);
    }
    let of = |syntax| {
        let is_open = tokens(text, syntax).last().is_some_and(|token| token.kind == TokenKind::Unterminated);
        (is_open, all(text, syntax).map(|directive| directive.bytes).collect::<Vec<_>>())
    };
    let ((postgres_is_open, postgres), (sqlite_is_open, sqlite)) = (of(Syntax::Postgres), of(Syntax::Sqlite));
    match (postgres_is_open, sqlite_is_open) {
        (true, false) => Ok(Syntax::Sqlite),
        (false, true) => Ok(Syntax::Postgres),
        _ if postgres == sqlite => Ok(Syntax::Postgres),
        _ => {
            let only = |these: &[Range<usize>], those: &[Range<usize>]| {
                these.iter().find(|one| !those.contains(one)).map(|one| one.start)
            };
            Err(only(&postgres, &sqlite).into_iter().chain(only(&sqlite, &postgres)).min().unwrap_or(0))
        }
    }
}

/// Would a section with this text, marked for no database, be read alike by the rules of every one, whatever follows it?
pub fn reads_alike(text: &str) -> bool {
    let closed = |syntax| tokens(text, syntax).last().is_none_or(|token| token.kind != TokenKind::Unterminated);
    closed(Syntax::Postgres) && closed(Syntax::Sqlite) && rules(text, None).is_ok()
}

/// Returns a section's text with `\n` for each `\r\n` that is not in a literal or a quoted name, where it is data.
pub fn line_ends(text: &str, dialect: Option<Syntax>) -> Cow<'_, str> {
    if !text.contains("\r\n") {
        return Cow::Borrowed(text);
    }
    let mut kept = std::collections::BTreeSet::new();
    for syntax in dialect.map_or(vec![Syntax::Postgres, Syntax::Sqlite], |dialect| vec![dialect]) {
        let literals =
            tokens(text, syntax).filter(|token| matches!(token.kind, TokenKind::String | TokenKind::QuotedName));
        for token in literals {
            kept.extend(token.text(text).match_indices("\r\n").map(|(at, _)| token.start + at));
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, _) in text.match_indices("\r\n").filter(|(at, _)| !kept.contains(at)) {
        out.push_str(&text[copied..at]);
        copied = at + 1;
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "-- migrate:downgrade";

    /// Which of the section lines in `text` ends the section that begins with it.
    fn ends(text: &str, dialect: Option<Syntax>) -> Result<Option<usize>, Unclear> {
        let lines: Vec<usize> = text.match_indices(LINE).map(|(at, _)| at).collect();
        next_section(text, 0, &lines, dialect)
    }

    #[test]
    fn a_section_line_in_a_literal_is_none() {
        for opening in ["'", "\"", "/* ", "'it''s "] {
            let text = format!("select {opening}\n{LINE}\n{}{LINE}\n", if opening == "/* " { "*/\n" } else { "'\"\n" });
            let text = text.replace("'\"", if opening.starts_with('\'') { "'" } else { "\"" });
            for dialect in [None, Some(Syntax::Postgres), Some(Syntax::Sqlite)] {
                assert_eq!(ends(&text, dialect), Ok(Some(1)), "{text}");
            }
        }
        let text = format!("select $x$\n{LINE}\n$x$;\n{LINE}\n");
        assert_eq!(ends(&text, Some(Syntax::Postgres)), Ok(Some(1)));
        assert_eq!(ends(&text, Some(Syntax::Sqlite)), Ok(Some(0)));
        assert_eq!(ends(&text, None), Err(Unclear::Either { at: text.find(LINE).unwrap() }));
    }

    #[test]
    fn who_cannot_run_a_section_has_no_say() {
        let text = format!("select $$it's$$;\n{LINE}\nselect 2;");
        assert_eq!(ends(&text, None), Ok(Some(0)));
        assert_eq!(ends(&format!("{text} -- don't"), None), Err(Unclear::Either { at: 17 }));
        assert_eq!(ends(&format!("{text} -- don't"), Some(Syntax::Postgres)), Ok(Some(0)));
        assert_eq!(ends(&format!("select 'a;\n{LINE}\n"), None), Err(Unclear::NeverClosed { at: 7 }));
    }

    #[test]
    fn only_line_ends_that_are_data_stay() {
        let text = "a\r\n'b\r\nc'\r\n-- d\r\n/*\r\n*/";
        assert_eq!(line_ends(text, None), "a\n'b\r\nc'\n-- d\n/*\n*/");
        assert_eq!(line_ends("$$\r\n$$", None), "$$\r\n$$");
        assert_eq!(line_ends("$$\r\n$$", Some(Syntax::Sqlite)), "$$\n$$");
    }

    #[test]
    fn a_disarmed_text_has_no_directive() {
        let text = "create view v as select 1 -- migrate:end\n--migrate:upgrade sqlite\n, '-- migrate:end'";
        let disarmed = disarmed(text, Syntax::Sqlite);
        assert_eq!(all(&disarmed, Syntax::Sqlite).count(), 0);
        assert!(disarmed.ends_with("'-- migrate:end'") && disarmed.contains("-- (migrate):end"));
    }
}

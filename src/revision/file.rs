//! The text of one revision file into a `Revision` and back.
//!
//! A line that begins with `-- migrate:` is a directive unless it is in a literal, a quoted name or a block comment;
//! everything else is left to the server. What the format doesn't know is an error with the nearest thing that it does know,
//! because a misspelt word that is passed over as a comment would change what runs.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::directive::{self, Unclear};
use super::guard;
use super::{Draft, Revision, Section, nearest};
use crate::place::{Place, conflict};
use crate::sql::Syntax;
use crate::sql::token::{Token, TokenKind, tokens};

/// A mistake in a revision file, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FileError {
    pub message: String,
    pub path: PathBuf,
    /// None if the mistake is the whole file's (it can't be read).
    pub place: Option<Place>,
    pub hint: Option<String>,
    /// What the header says, where it is whole: the graph stays right though this file can't be run.
    pub header: Option<Box<Revision>>,
}

const HEADER_KEYS: [&str; 7] = ["revision", "revises", "depends-on", "branch-labels", "replaces", "created", "message"];
const DIRECTIVES: [&str; 8] = ["upgrade", "downgrade", "unless", "if", "end", "keeps-rows", "irreversible", "draft"];
const SECTION_WORDS: [&str; 3] = ["postgresql", "sqlite", "no-transaction"];

/// Returns the revision that the file at `path` with the content `bytes` describes.
///
/// Line ends become `\n` in what runs, so that a checkout with other line ends runs, and hashes, the same: all of them in a
/// file whose every line ends with `\r\n`, and in any other those outside literals, where `\r\n` is data.
///
/// # Errors
/// The first mistake in the file.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Revision, Box<FileError>> {
    let text = decode(path, bytes)?;
    Parser::new(path, &text).run()
}

/// Returns the file's text for `revision`: what `parse` reads back as the same revision.
pub fn write(revision: &Revision) -> String {
    let mut out = header(revision);
    for (name, sections) in [("upgrade", &revision.upgrade), ("downgrade", &revision.downgrade)] {
        for section in sections {
            out.push('\n');
            out.push_str(&section_line(name, section.dialect, section.transactional));
            out.push('\n');
            out.push_str(&section.text);
            if !section.text.is_empty() && !section.text.ends_with('\n') {
                out.push('\n');
            }
        }
    }
    out
}

/// Returns the header's lines for `revision`, each with its line end.
pub fn header(revision: &Revision) -> String {
    let mut out = format!("-- revision: {}\n", revision.id);
    for (key, values) in [
        ("revises", &revision.revises),
        ("depends-on", &revision.depends_on),
        ("branch-labels", &revision.branch_labels),
        ("replaces", &revision.replaces),
    ] {
        if !values.is_empty() {
            out.push_str(&format!("-- {key}: {}\n", values.join(", ")));
        }
    }
    if let Some(created) = &revision.created {
        out.push_str(&format!("-- created: {created}\n"));
    }
    for (number, line) in message(&revision.message).lines().enumerate() {
        match (number, line) {
            (0, line) => out.push_str(&format!("-- message: {line}\n")),
            (_, "") => out.push_str("--\n"),
            (_, line) => out.push_str(&format!("--   {line}\n")),
        }
    }
    if let Some(draft) = &revision.draft {
        let reason = draft.reason.split_whitespace().collect::<Vec<_>>().join(" ");
        out.push_str(&format!("-- migrate:draft {reason}\n"));
    }
    out
}

/// Returns the reason of `migrate:draft`, when the words of a directive are that.
fn draft(words: &str) -> Option<&str> {
    let (word, reason) = words.split_once(char::is_whitespace).unwrap_or((words.trim_end(), ""));
    (word == "draft").then_some(reason.trim())
}

/// Returns a message as the header holds it: lines without blanks around them, whatever ended them.
pub fn message(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    lines.trim().lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

/// Returns the line that opens a section, without its line end.
pub fn section_line(direction: &str, dialect: Option<Syntax>, transactional: bool) -> String {
    let mut line = format!("-- migrate:{direction}");
    if let Some(dialect) = dialect {
        line.push_str(match dialect {
            Syntax::Postgres => " postgresql",
            Syntax::Sqlite => " sqlite",
        });
    }
    if !transactional {
        line.push_str(" no-transaction");
    }
    line
}

/// Says why `name` can't be the id of a revision or a branch label, or returns None when it can.
///
/// The characters of the target grammar are out, and so are those that a file name or a header can't hold.
pub fn fault_in_name(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("it is empty".to_owned());
    }
    if ["head", "heads", "base", "current"].contains(&name) {
        return Some(format!("`{name}` is reserved for targets"));
    }
    if name.starts_with(['+', '-']) {
        return Some("a name that begins with + or - would be read as a number of steps".to_owned());
    }
    let unfit = |c: char| c.is_whitespace() || c.is_control() || "@:+,/\\'\"".contains(c);
    name.chars().find(|&c| unfit(c)).map(|c| match c {
        c if c.is_whitespace() => "it contains a blank".to_owned(),
        c => format!("it contains `{}`", c.escape_default()),
    })
}

/// Returns what follows `migrate:` when `line` looks like a directive.
fn directive_line(line: &str) -> Option<&str> {
    directive::words(line.trim_start())
}

/// Does `line` look like one that opens a section?
fn looks_like_section(line: &str) -> bool {
    directive_line(line).and_then(|rest| rest.split_whitespace().next()).is_some_and(opens_section)
}

fn opens_section(word: &str) -> bool {
    word == "upgrade" || word == "downgrade"
}

fn decode<'a>(path: &Path, bytes: &'a [u8]) -> Result<Cow<'a, str>, Box<FileError>> {
    let whole = |message: &str, hint: &str| FileError::new(path, message).hint(hint);
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(whole("the file is in UTF-16, and a revision is read as UTF-8", "save it as UTF-8"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        // What comes before it is as long in the text that is shown.
        let (at, shown) = (error.valid_up_to(), String::from_utf8_lossy(bytes));
        let wrong = bytes.get(at).copied().unwrap_or(0);
        FileError::new(path, format!("the byte 0x{wrong:02x} is not UTF-8"))
            .at(Place::new(path, &shown, at..at + 1))
            .hint("save the file as UTF-8")
    })?;
    if text.contains('\0') {
        return Err(whole("the file contains a NUL character, which no database accepts", "remove it"));
    }
    Ok(if is_of_windows(text) { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) })
}

/// Does every line end with `\r\n`?
fn is_of_windows(text: &str) -> bool {
    text.contains('\r') && text.contains('\n') && {
        let bytes = text.as_bytes();
        let mut ends = text.match_indices('\n').map(|(at, _)| at);
        ends.all(|at| at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\r'))
    }
}

struct Parser<'a> {
    path: &'a Path,
    text: &'a str,
    revision: Revision,
    /// The header keys seen, and the line of each.
    seen: Vec<(&'static str, usize)>,
}

/// A line of the file: its number from 1, where it begins, and its text without the line end.
#[derive(Clone, Copy)]
struct Line<'a> {
    number: usize,
    start: usize,
    text: &'a str,
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n').enumerate().map(move |(index, whole)| {
        let line = Line { number: index + 1, start, text: whole.strip_suffix('\n').unwrap_or(whole) };
        start += whole.len();
        line
    })
}

type Parsed<T> = Result<T, Box<FileError>>;

impl<'a> Parser<'a> {
    fn new(path: &'a Path, text: &'a str) -> Self {
        let revision = Revision { path: path.to_owned(), ..Revision::default() };
        Parser { path, text, revision, seen: Vec::new() }
    }

    fn run(mut self) -> Parsed<Revision> {
        let conflict = conflict(self.text).map(|span| {
            FileError::new(self.path, "a merge conflict is left in this file")
                .at(Place::new(self.path, self.text, span))
                .hint("decide between the two sides and remove the lines that begin with <<<<<<<, ======= and >>>>>>>")
        });
        let mut lines = lines(self.text).peekable();
        let mut in_message = false;
        let mut blank_lines = 0;
        // Where the block comment ends that was seen last.
        let mut comment_end = 0;
        // The header: up to the first directive.
        while let Some(mut line) = lines.next_if(|line| {
            line.start < comment_end || directive_line(line.text).is_none_or(|words| draft(words).is_some())
        }) {
            if line.start >= comment_end
                && let Some(reason) = directive_line(line.text).and_then(draft)
            {
                self.revision.draft = Some(Draft { reason: reason.to_owned(), line: line.number });
                in_message = false;
                continue;
            }
            if line.start < comment_end {
                let Some(after) = self.text.get(comment_end..line.start + line.text.len()) else { continue };
                line.text = after;
                line.start = comment_end;
            }
            let mut trimmed = line.text.trim();
            while trimmed.starts_with("/*") {
                in_message = false;
                let at = line.start + line.text.len() - line.text.trim_start().len();
                comment_end = self.comment_end(line, at)?;
                let Some(after) = self.text.get(comment_end..line.start + line.text.len()) else { break };
                line.text = after;
                line.start = comment_end;
                trimmed = after.trim();
            }
            if line.start < comment_end {
                continue;
            }
            let Some(content) = trimmed.strip_prefix("--") else {
                in_message = false;
                if !trimmed.is_empty() {
                    if let Some(conflict) = conflict {
                        return Err(conflict);
                    }
                    return Err(self
                        .error(line, trimmed, "SQL before the first `-- migrate:upgrade` line")
                        .hint("begin the section with a line `-- migrate:upgrade`"));
                }
                continue;
            };
            if in_message && content.is_empty() {
                blank_lines += 1;
            } else if in_message && (content.starts_with("  ") || content.starts_with('\t')) {
                self.revision.message.push_str(&"\n".repeat(blank_lines + 1));
                self.revision.message.push_str(content.trim());
                blank_lines = 0;
            } else {
                in_message = self.header_line(line, content)?;
                blank_lines = 0;
            }
        }
        if self.revision.id.is_empty() {
            let first = Line { number: 1, start: 0, text: self.text.lines().next().unwrap_or("") };
            return Err(self
                .error(first, "", "the file has no line `-- revision: ID`")
                .hint("add one, or move the file out of the folder if it is not a revision"));
        }
        if let Some(conflict) = conflict {
            return Err(conflict.with_header(&self));
        }
        if lines.peek().is_none() {
            let last = last_line(self.text);
            return Err(self.error(last, "", "the file has no section `-- migrate:upgrade`").with_header(&self));
        }
        let header = Revision { upgrade: Vec::new(), downgrade: Vec::new(), ..self.revision.clone() };
        self.sections(lines).map_err(|mut error| {
            error.header = Some(Box::new(header));
            error
        })
    }

    /// Returns where the block comment ends that begins at byte `at`; it must end there for every database.
    fn comment_end(&self, line: Line<'a>, at: usize) -> Parsed<usize> {
        let comment = |syntax| tokens(self.text.get(at..).unwrap_or_default(), syntax).next();
        match (comment(Syntax::Postgres), comment(Syntax::Sqlite)) {
            (Some(Token { kind: TokenKind::Comment, end, .. }), sqlite)
                if sqlite.map(|token| token.end) == Some(end) =>
            {
                Ok(at + end)
            }
            (_, Some(Token { kind: TokenKind::Comment, .. })) => Err(self
                .error(line, "/*", "this comment contains another one, and only PostgreSQL nests them")
                .hint("remove the inner `/*`")),
            _ => Err(self.error(line, "/*", "the comment that opens here is never closed")),
        }
    }

    /// Reads one header line and says whether it was the message, which may continue.
    fn header_line(&mut self, line: Line<'a>, content: &'a str) -> Parsed<bool> {
        let content = content.trim();
        let Some((word, value)) = content.split_once(':') else { return Ok(false) };
        let key_like = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !key_like || !(value.is_empty() || value.starts_with([' ', '\t'])) {
            return Ok(false);
        }
        let name = word.to_ascii_lowercase().replace('_', "-");
        let Some(key) = HEADER_KEYS.into_iter().find(|key| *key == name) else {
            let error = self.error(line, word, format!("unknown header key `{word}`"));
            return Err(match nearest(&name, &HEADER_KEYS) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!(
                    "the keys are {}; a comment of your own goes below the first `-- migrate:` line",
                    HEADER_KEYS.join(", ")
                )),
            });
        };
        if let Some((_, first)) = self.seen.iter().find(|(seen, _)| *seen == key) {
            return Err(self.error(line, word, format!("duplicate `{key}`, the first is on line {first}")));
        }
        self.seen.push((key, line.number));
        let value = value.trim();
        match key {
            "revision" => {
                if let Some(fault) = fault_in_name(value) {
                    let wrong = if value.is_empty() { word } else { value };
                    return Err(self.error(line, wrong, format!("`{value}` can't be the id of a revision: {fault}")));
                }
                self.revision.id = value.to_owned();
            }
            "revises" => self.revision.revises = self.names(line, value)?,
            "depends-on" => self.revision.depends_on = self.names(line, value)?,
            "branch-labels" => self.revision.branch_labels = self.names(line, value)?,
            "replaces" => self.revision.replaces = self.names(line, value)?,
            "created" => self.revision.created = Some(value.to_owned()).filter(|value| !value.is_empty()),
            _ => self.revision.message = value.to_owned(),
        }
        Ok(key == "message")
    }

    fn names(&self, line: Line<'a>, value: &'a str) -> Parsed<Vec<String>> {
        let (mut names, mut known): (Vec<String>, HashSet<&str>) = (Vec::new(), HashSet::new());
        for name in value.split(',').map(str::trim).filter(|_| !value.is_empty()) {
            if let Some(fault) = fault_in_name(name) {
                let error = self.error(line, name, format!("`{name}` can't be a name here: {fault}"));
                let hint = name.contains(char::is_whitespace).then_some("write commas between several");
                return Err(match hint {
                    Some(hint) => error.hint(hint),
                    None => error,
                });
            }
            if !known.insert(name) {
                return Err(self.error(line, name, format!("`{name}` is listed twice")));
            }
            names.push(name.to_owned());
        }
        Ok(names)
    }

    /// Reads the sections; `lines` begins with the first directive.
    fn sections(mut self, mut lines: impl Iterator<Item = Line<'a>>) -> Parsed<Revision> {
        let Some(mut line) = lines.next() else { return Ok(self.revision) };
        let (word, _) = section_words(line);
        if !opens_section(word) {
            return Err(match DIRECTIVES.contains(&word) {
                true => self
                    .error(line, word, format!("`migrate:{word}` is before the first section"))
                    .hint("begin the section with a line `-- migrate:upgrade`"),
                false => self.unknown_directive(line, word),
            });
        }
        let candidates: Vec<Line<'a>> = lines.filter(|line| looks_like_section(line.text)).collect();
        let dashes: Vec<usize> =
            candidates.iter().map(|line| line.start + line.text.len() - line.text.trim_start().len()).collect();
        let mut tried = 0;
        loop {
            let (word, arguments) = section_words(line);
            let section = self.section(line, word, arguments)?;
            let start = (line.start + line.text.len() + 1).min(self.text.len());
            let left = dashes.get(tried..).unwrap_or_default();
            let next = directive::next_section(self.text, start, left, section.dialect)
                .map_err(|unclear| self.unclear(unclear, word))?
                .and_then(|next| Some((tried + next + 1, *candidates.get(tried + next)?)));
            self.add(section, word == "upgrade", start, next.map_or(self.text.len(), |(_, next)| next.start))?;
            match next {
                Some((seen, next)) => (tried, line) = (seen, next),
                None => break,
            }
        }
        if self.revision.upgrade.is_empty() {
            return Err(self.error(last_line(self.text), "", "the file has no section `-- migrate:upgrade`"));
        }
        Ok(self.revision)
    }

    fn unclear(&self, unclear: Unclear, direction: &str) -> Box<FileError> {
        match unclear {
            Unclear::NeverClosed { at } => self
                .error_at(at, "the quote, dollar quote or comment that opens here is never closed")
                .hint("the section lines below it would be part of it"),
            Unclear::Either { at } => self
                .error_at(
                    at,
                    "for one database this line opens a section, and for the other it is in a literal or comment",
                )
                .hint(format!(
                    "name the database on the line of the section before it: `-- migrate:{direction} postgresql`"
                )),
        }
    }

    fn unknown_directive(&self, line: Line<'a>, word: &str) -> Box<FileError> {
        let error = self.error(line, word, format!("unknown directive `migrate:{word}`"));
        let near = match word {
            "up" => Some("upgrade"),
            "down" => Some("downgrade"),
            word => nearest(word, &DIRECTIVES),
        };
        error.hint(match near {
            Some(near) => format!("did you mean `-- migrate:{near}`?"),
            None => format!("there are {}", DIRECTIVES.join(", ")),
        })
    }

    fn section(&self, line: Line<'a>, name: &str, arguments: &'a str) -> Parsed<Section> {
        let mut section =
            Section { dialect: None, transactional: true, text: String::new(), first_line: line.number + 1 };
        for word in arguments.split_whitespace() {
            let dialect = match word {
                "postgresql" | "postgres" => Syntax::Postgres,
                "sqlite" => Syntax::Sqlite,
                "no-transaction" if section.transactional => {
                    section.transactional = false;
                    continue;
                }
                _ => {
                    let error = self.error(line, word, format!("unknown word `{word}` on a section's line"));
                    return Err(error.hint(match nearest(word, &SECTION_WORDS) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("there are {}", SECTION_WORDS.join(", ")),
                    }));
                }
            };
            if section.dialect.is_some() {
                return Err(self
                    .error(line, word, "a section is for one database, or for all")
                    .hint("write a section for each, or leave the name out"));
            }
            section.dialect = Some(dialect);
        }
        let known = if name == "upgrade" { &self.revision.upgrade } else { &self.revision.downgrade };
        if let Some(first) = known.iter().find(|known| known.dialect == section.dialect) {
            return Err(self.error(
                line,
                line.text.trim(),
                format!("duplicate {name} section, the first is on line {}", first.first_line - 1),
            ));
        }
        Ok(section)
    }

    /// Adds a section whose text is the bytes `start..end` of the file.
    fn add(&mut self, mut section: Section, upgrade: bool, start: usize, end: usize) -> Parsed<()> {
        let text = self.text.get(start..end).unwrap_or_default();
        if text.contains("migrate:") {
            let rules = directive::rules(text, section.dialect).map_err(|at| {
                let direction = if upgrade { "upgrade" } else { "downgrade" };
                let message = "for one database this is a directive, and for the other it is in a literal or comment";
                self.error_at(start + at, message)
                    .hint(format!("name the database on the section's line: `-- migrate:{direction} postgresql`"))
            })?;
            self.check_directives(text, start, rules, upgrade)?;
        }
        section.text = directive::line_ends(text, section.dialect).into_owned();
        match upgrade {
            true => self.revision.upgrade.push(section),
            false => self.revision.downgrade.push(section),
        }
        Ok(())
    }

    /// Looks at every directive inside a section; one in a literal is none.
    fn check_directives(&self, text: &'a str, start: usize, syntax: Syntax, upgrade: bool) -> Parsed<()> {
        for found in directive::all(text, syntax) {
            let (at, rest) = (start + found.bytes.start, found.words);
            let word = rest.split_whitespace().next().unwrap_or_default();
            if !DIRECTIVES.contains(&word) {
                return Err(self.unknown_directive(self.line_at(at), word));
            }
            if opens_section(word) {
                let error = self.error(self.line_at(at), rest.trim(), "a section begins with a line of its own");
                return Err(error.hint("move this comment to the next line, or take it out"));
            }
            if word == "draft" {
                let line = self.line_at(at);
                let error = self.error(line, word, "`migrate:draft` is inside a section");
                return Err(error.hint("move it above the first section; it makes the whole revision a draft"));
            }
            if word == "irreversible" && upgrade {
                let line = self.line_at(at);
                let error = self.error(line, word, "`migrate:irreversible` is in an upgrade section");
                return Err(error.hint("it belongs in a downgrade section, with the reason why there is no way back"));
            }
            if word == "end" && rest.trim() != word {
                let line = self.line_at(at);
                return Err(self.error(line, rest.trim(), "`-- migrate:end` has nothing after it"));
            }
        }
        match guard::parts(text, syntax) {
            Ok(_) => Ok(()),
            Err(error) => {
                let line = self.line_at(start + error.at);
                Err(self.error(line, line.text.trim(), error.message))
            }
        }
    }

    /// Returns the line that contains byte `at` of the file.
    fn line_at(&self, at: usize) -> Line<'a> {
        lines(self.text).take_while(|line| line.start <= at).last().unwrap_or(Line { number: 1, start: 0, text: "" })
    }

    /// Makes the error of what begins at the byte `at` of the file.
    fn error_at(&self, at: usize, message: &str) -> Box<FileError> {
        let end =
            self.text.get(at..).and_then(|rest| rest.lines().next()).map_or(at, |rest| at + rest.trim_end().len());
        FileError::new(self.path, message).at(Place::new(self.path, self.text, at..end))
    }

    /// Makes the error of `wrong`, which is somewhere in `line`.
    fn error(&self, line: Line<'_>, wrong: &str, message: impl Into<String>) -> Box<FileError> {
        let at = line.text.find(wrong).unwrap_or(0);
        let start = line.start + at;
        FileError::new(self.path, message).at(Place::new(self.path, self.text, start..start + wrong.len()))
    }
}

/// The word after `migrate:` in a directive's line, and what follows it.
fn section_words(line: Line<'_>) -> (&str, &str) {
    let rest = directive_line(line.text).unwrap_or_default();
    rest.split_once(char::is_whitespace).unwrap_or((rest.trim_end(), ""))
}

/// The last line of `text`.
fn last_line(text: &str) -> Line<'_> {
    lines(text).last().unwrap_or(Line { number: 1, start: 0, text: "" })
}

impl FileError {
    pub(super) fn new(path: &Path, message: impl Into<String>) -> Box<Self> {
        Box::new(FileError { message: message.into(), path: path.to_owned(), place: None, hint: None, header: None })
    }

    fn at(mut self: Box<Self>, place: Place) -> Box<Self> {
        self.place = Some(place);
        self
    }

    fn hint(mut self: Box<Self>, hint: impl Into<String>) -> Box<Self> {
        self.hint = Some(hint.into());
        self
    }

    fn with_header(mut self: Box<Self>, parser: &Parser) -> Box<Self> {
        self.header = Some(Box::new(parser.revision.clone()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Revision, Box<FileError>> {
        parse(Path::new("a.sql"), text.as_bytes())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = "-- revision: 3adcc9a56557\n-- revises: 1975ea83b712, other\n-- depends-on: billing\n-- branch-labels: app\n\
                    -- created: 2026-11-21T10:00:00Z\n-- message: add users\n--   and more\n--\n--   at last\n\n\
                    -- migrate:upgrade postgresql no-transaction\nselect 1;\n\n-- migrate:upgrade\nselect 2;\n\n\
                    -- migrate:downgrade\n";
        let revision = read(text).unwrap();
        assert_eq!(revision.message, "add users\nand more\n\nat last");
        assert_eq!(revision.revises, ["1975ea83b712", "other"]);
        assert_eq!(revision.upgrade.len(), 2);
        assert_eq!(
            revision.upgrade[0],
            Section {
                dialect: Some(Syntax::Postgres),
                transactional: false,
                text: "select 1;\n\n".into(),
                first_line: 12
            }
        );
        assert_eq!(read(&write(&revision)).unwrap().message, revision.message);
        let windows = read(&format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
        assert_eq!(windows, revision);
    }

    /// The mistake in `text`: line, column, the words underlined, message and hint.
    fn fault(text: &str) -> String {
        let error = read(text).unwrap_err();
        let Place { line, column, line_text, width, .. } = error.place.unwrap();
        let under: String = line_text.chars().skip(column - 1).take(width).collect();
        format!("{line}:{column} [{under}] {} ({})", error.message, error.hint.unwrap_or_default())
    }

    #[test]
    fn every_mistake_has_its_place_and_a_way_out() {
        let head = "-- revision: a1\n-- migrate:upgrade\n";
        for (text, says) in [
            ("-- revison: a", "1:4 [revison] unknown header key `revison` (did you mean `revision`?)"),
            ("-- revision: a b", "1:14 [a b] `a b` can't be the id of a revision: it contains a blank ()"),
            (
                "-- revision: head",
                "1:14 [head] `head` can't be the id of a revision: `head` is reserved for targets ()",
            ),
            (
                "-- revision: a\n-- revises: b c",
                "2:13 [b c] `b c` can't be a name here: it contains a blank (write commas between several)",
            ),
            (
                "-- revision: a\n\nselect 1;",
                "3:1 [select 1;] SQL before the first `-- migrate:upgrade` line (begin the section with a line `-- migrate:upgrade`)",
            ),
            ("-- revision: a\n-- revision: b", "2:4 [revision] duplicate `revision`, the first is on line 1 ()"),
            (
                "select",
                "1:1 [select] SQL before the first `-- migrate:upgrade` line (begin the section with a line `-- migrate:upgrade`)",
            ),
            (
                "",
                "1:1 [] the file has no line `-- revision: ID` (add one, or move the file out of the folder if it is not a revision)",
            ),
            ("-- revision: a\n", "1:1 [-] the file has no section `-- migrate:upgrade` ()"),
            (
                "-- revision: a\n-- migrate:upgrad\n",
                "2:12 [upgrad] unknown directive `migrate:upgrad` (did you mean `-- migrate:upgrade`?)",
            ),
            (
                "-- revision: a\n-- migrate:upgrade postgre\n",
                "2:20 [postgre] unknown word `postgre` on a section's line (did you mean `postgresql`?)",
            ),
            (
                "-- revision: a\n-- migrate:upgrade\n-- migrate:upgrade\n",
                "3:1 [-- migrate:upgrade] duplicate upgrade section, the first is on line 2 ()",
            ),
        ] {
            assert_eq!(fault(text), says, "{text}");
        }
        for (text, says) in [
            (
                "  -- migrate:unles table t",
                "3:14 [unles] unknown directive `migrate:unles` (did you mean `-- migrate:unless`?)",
            ),
            (
                "-- migrate:irreversible rows are gone",
                "3:12 [irreversible] `migrate:irreversible` is in an upgrade section (it belongs in a downgrade section, with the reason why there is no way back)",
            ),
            (
                "select 1;\n-- migrate:end",
                "4:1 [-- migrate:end] `-- migrate:end` without a `-- migrate:unless` or `-- migrate:if` before it ()",
            ),
        ] {
            assert_eq!(fault(&format!("{head}{text}")), says, "{text}");
        }
        assert!(read(&format!("{head}select '\n-- migrate:nothing\n';")).is_ok());
        let error = parse(Path::new("a.sql"), b"-- revision: a\n-- message: \xe4\n").unwrap_err();
        let place = error.place.unwrap();
        assert_eq!((place.line, place.column), (2, 13));
        assert_eq!(read(&format!("{head}-- migrate:oops")).unwrap_err().header.unwrap().id, "a1");
    }
}

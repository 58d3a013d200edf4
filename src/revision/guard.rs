//! Conditional parts of a section: `-- migrate:unless table jobs` … `-- migrate:end`.

use super::directive;
use crate::sql::Syntax;
use crate::sql::token::{TokenKind, name_of, tokens};

/// The kinds of object that a guard may ask for, as written.
pub const SUBJECT_KINDS: &[&str] =
    &["table", "index", "column", "constraint", "type", "view", "function", "trigger", "schema"];

/// The object that a guard asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// One of `SUBJECT_KINDS`.
    pub kind: &'static str,
    /// Its names from the outermost, folded as the dialect folds them: `["users", "email"]` for a column.
    pub path: Vec<String>,
    /// What is in parentheses after a function's name: the types of its arguments.
    pub arguments: Option<String>,
    /// As written, for messages: `table jobs`.
    pub words: String,
}

/// What must be so for the statements between a guard's line and its end to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    pub subject: Subject,
    /// True: run when the subject is there (`if`); false: run when it is not (`unless`).
    pub when_there: bool,
}

/// A stretch of a section's text: its bytes `start..end`, and what guards it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub start: usize,
    pub end: usize,
    pub guard: Option<Guard>,
}

/// A guard that can't be read; `at` is the byte offset of its line in the section's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GuardError {
    pub message: String,
    pub at: usize,
}

/// Returns the parts of a section's text in order; one plain part where there is no guard.
///
/// # Errors
/// A guard inside a guard, without an end, or for a kind that there is not; an end without a guard.
pub fn parts(text: &str, syntax: Syntax) -> Result<Vec<Part>, GuardError> {
    let mut found = Vec::new();
    let (mut start, mut open): (usize, Option<(usize, Guard)>) = (0, None);
    for found_directive in directive::all(text, syntax) {
        let (at, end, directive) =
            (found_directive.bytes.start, found_directive.bytes.end, found_directive.words.trim());
        let error = |message: String| Err(GuardError { message, at });
        match directive.split_whitespace().next().unwrap_or_default() {
            word @ ("if" | "unless") => {
                if let Some((_, guard)) = &open {
                    return error(format!(
                        "a guard begins inside the one for {}; end that with `-- migrate:end` first",
                        guard.subject.words
                    ));
                }
                let subject = match subject(directive[word.len()..].trim(), syntax) {
                    Ok(subject) => subject,
                    Err(message) => return error(message),
                };
                found.push(Part { start, end: at, guard: None });
                start = end;
                open = Some((at, Guard { subject, when_there: word == "if" }));
            }
            "end" => {
                let Some((_, guard)) = open.take() else {
                    return error("`-- migrate:end` without a `-- migrate:unless` or `-- migrate:if` before it".into());
                };
                found.push(Part { start, end: at, guard: Some(guard) });
                start = end;
            }
            _ => {}
        }
    }
    if let Some((at, guard)) = open {
        let message = format!("the guard for {} has no `-- migrate:end`", guard.subject.words);
        return Err(GuardError { message, at });
    }
    found.push(Part { start, end: text.len(), guard: None });
    found.retain(|part| part.guard.is_some() || !text[part.start..part.end].trim().is_empty());
    Ok(found)
}

/// A table that must have as many rows after a section as before it, by its name then and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepsRows {
    pub before: Vec<String>,
    pub after: Vec<String>,
}

/// How the directive begins in a generated section.
pub const KEEPS_ROWS: &str = "-- migrate:keeps-rows ";

/// Returns the tables that `-- migrate:keeps-rows a, b` names in the text; `old = new` for one that the section renames.
pub fn keeps_rows(text: &str, syntax: Syntax) -> Vec<KeepsRows> {
    let directives =
        directive::all(text, syntax).filter_map(|directive| directive.words.trim().strip_prefix("keeps-rows"));
    directives
        .flat_map(|names| names_apart(names, syntax))
        .map(|(old, new)| KeepsRows { before: path(old, syntax), after: path(new, syntax) })
        .filter(|table| !table.before.is_empty() && !table.after.is_empty())
        .collect()
}

/// How the directive begins in a generated section.
pub const IRREVERSIBLE: &str = "-- migrate:irreversible ";

/// Returns the reasons why a downgrade section can't be run, as `-- migrate:irreversible` gives them; none if it can.
pub fn irreversible(text: &str, syntax: Syntax) -> Vec<String> {
    let directives =
        directive::all(text, syntax).filter_map(|directive| directive.words.trim().strip_prefix("irreversible"));
    directives.map(|reason| reason.trim().to_owned()).collect()
}

/// Names between commas, each before and after `=`; neither counts inside quotes.
fn names_apart(names: &str, syntax: Syntax) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let (mut start, mut equals) = (0, None);
    let end = tokens(names, syntax).map(|token| (token.start, token.end, token.text(names))).chain([(
        names.len(),
        names.len(),
        ",",
    )]);
    for (at, after, text) in end {
        if text == "=" {
            equals = Some((at, after));
        } else if text == "," {
            let (left, right) = equals.map_or((at, start), |(at, after)| (at, after));
            found.push((&names[start..left], &names[right..at]));
            (start, equals) = (after, None);
        }
    }
    found
}

fn subject(words: &str, syntax: Syntax) -> Result<Subject, String> {
    let (kind_word, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    let kinds = SUBJECT_KINDS.join(", ");
    let Some(kind) = SUBJECT_KINDS.iter().find(|kind| kind.eq_ignore_ascii_case(kind_word)) else {
        return Err(format!("a guard can't check `{kind_word}`; it checks one of {kinds}"));
    };
    let (names, arguments) = match rest.split_once('(') {
        Some((names, arguments)) if *kind == "function" => {
            (names, Some(arguments.trim_end().trim_end_matches(')').trim().to_owned()))
        }
        _ => (rest, None),
    };
    let path = path(names, syntax);
    let inside_table = matches!(*kind, "column" | "constraint");
    if path.is_empty() {
        return Err(format!("the guard does not name the {kind}: `-- migrate:unless {kind} NAME`"));
    }
    if inside_table && path.len() < 2 {
        return Err(format!("a {kind} is named with its table: `{kind} TABLE.{}`", rest.trim()));
    }
    Ok(Subject { kind, path, arguments, words: format!("{kind} {}", rest.trim()) })
}

/// Returns the dotted names of `text`, without their quotes; empty when it is no such thing.
pub fn path(text: &str, syntax: Syntax) -> Vec<String> {
    let mut names = Vec::new();
    let mut expects_name = true;
    for token in tokens(text.trim(), syntax) {
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::QuotedName);
        match (is_name, token.is_mark(text.trim(), '.')) {
            (true, _) if expects_name => names.push(name_of(token.text(text.trim()), syntax)),
            (_, true) if !expects_name => {}
            _ => return Vec::new(),
        }
        expects_name = !expects_name;
    }
    if expects_name { Vec::new() } else { names }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_plain_and_guarded_parts() {
        let text = "create table a (n int);\n-- migrate:unless table App.\"Jobs\"\ncreate table b (n int);\n-- migrate:end\nselect 1;";
        let parts = parts(text, Syntax::Postgres).unwrap();
        assert_eq!(parts.len(), 3);
        let guard = parts[1].guard.as_ref().unwrap();
        assert_eq!(guard.subject.path, ["app", "Jobs"]);
        assert!(!guard.when_there);
        assert_eq!(text[parts[1].start..parts[1].end].trim(), "create table b (n int);");
    }

    #[test]
    fn a_guard_that_makes_no_sense_is_an_error_with_its_place() {
        for (text, at) in [
            ("select 1;\n-- migrate:end", 10),
            ("-- migrate:if table a\nselect 1", 0),
            ("-- migrate:if table a\n-- migrate:if table b\n-- migrate:end", 22),
            ("-- migrate:unless sequence s\n-- migrate:end", 0),
            ("-- migrate:unless column c\n-- migrate:end", 0),
        ] {
            assert_eq!(parts(text, Syntax::Postgres).unwrap_err().at, at, "{text}");
        }
    }

    #[test]
    fn a_directive_in_a_literal_is_none() {
        assert_eq!(parts("select '\n-- migrate:if table a\n'", Syntax::Sqlite).unwrap().len(), 1);
    }
}

//! Another tool's script into a section: its own transaction taken off, what refuses a transaction marked.

use crate::database::DIALECTS;
use crate::revision::{Section, directive};
use crate::sql::Syntax;
use crate::sql::split::{SplitError, controls_transaction, leading_words, split};

/// A script made ready to be a section, and what the user must know of the change.
pub struct Tidied {
    pub section: Section,
    pub notes: Vec<String>,
}

/// Makes a section of `text`, which the tool ran within a transaction of its own if `transactional`.
///
/// `migrate` opens the transaction itself, so a script that is wrapped in BEGIN and COMMIT is unwrapped; one that begins
/// and ends several becomes a `no-transaction` section, whose statements run one by one. What stays as it is, because it
/// can't be told apart or done without (psql commands, ROLLBACK), is noted.
pub fn section(text: &str, transactional: bool, syntax: Syntax) -> Tidied {
    let own = directive::disarmed(text, syntax);
    let mut tidied = made_section(&own, transactional, syntax);
    if own != text {
        tidied.notes.push("a comment in it looked like a directive of migrate, and was changed".to_owned());
    }
    tidied
}

/// As `section`, for a text that was made here and may have directives.
pub fn made_section(text: &str, transactional: bool, syntax: Syntax) -> Tidied {
    let mut notes = Vec::new();
    let mut transactional = transactional;
    let mut text = line_ends(text, syntax).trim_matches('\n').to_owned();
    match split(&text, syntax) {
        Ok(pieces) => {
            let controls: Vec<usize> =
                (0..pieces.len()).filter(|&at| controls_transaction(pieces[at].text(&text), syntax)).collect();
            let word = |at: usize| leading_words(pieces[at].text(&text), syntax, 1).join(" ");
            let wrapped = controls == [0, pieces.len().saturating_sub(1)] && is_commit(&word(controls[1]));
            if controls.iter().any(|&at| word(at) == "ROLLBACK" || word(at) == "ABORT" || word(at) == "PREPARE") {
                notes.push("it rolls back its own transaction; rewrite that part before it is run".to_owned());
            } else if !controls.is_empty() {
                if wrapped {
                    notes.push("its own BEGIN and COMMIT were removed: migrate opens the transaction".to_owned());
                } else {
                    transactional = false;
                    notes.push(
                        "it began and ended transactions of its own; these were removed, and it runs statement by statement"
                            .to_owned(),
                    );
                }
                for &at in controls.iter().rev() {
                    remove_statement(&mut text, pieces[at].start, pieces[at].end);
                }
            }
            if transactional && settings_first(&mut text, syntax) {
                notes.push(
                    "its PRAGMA foreign_keys was put first: it has no effect inside the transaction in which migrate \
                     runs it"
                        .to_owned(),
                );
            }
            let refusing = split(&text, syntax).unwrap_or_default();
            if transactional
                && let Some(piece) = refusing.iter().find(|piece| refuses_transaction(piece.text(&text), syntax))
            {
                transactional = false;
                let words = leading_words(piece.text(&text), syntax, 3).join(" ");
                notes.push(format!("it runs outside a transaction, because {words} refuses one"));
            }
        }
        Err(SplitError::MetaCommand { at }) => notes.push(format!(
            "line {} of it is a psql command, which the server doesn't know; rewrite it before it is run",
            line_of(&text, at)
        )),
        Err(SplitError::Unterminated { at }) => notes.push(format!(
            "a quote or comment that opens on line {} of it is never closed; fix it before it is run",
            line_of(&text, at)
        )),
    }
    let mut section = of(text.trim_matches('\n').to_owned(), transactional);
    if !directive::reads_alike(&section.text) {
        section.dialect = Some(syntax);
    }
    Tidied { section, notes }
}

/// Returns a text that may come from anywhere as what may stand in a comment.
pub fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Line ends are `\n`; those in literals stay as they are, unless every line of the script ends with `\r\n`, because then they
/// are what somebody's editor or git made of `\n`.
fn line_ends(text: &str, syntax: Syntax) -> String {
    match text.matches('\n').count() == text.matches("\r\n").count() {
        true => text.replace("\r\n", "\n"),
        false => directive::line_ends(text, Some(syntax)).into_owned(),
    }
}

/// Moves what must stand outside the transaction before everything else; true if anything was moved.
///
/// `PRAGMA foreign_keys = ON` at the end is taken out: the checks are made before the transaction ends.
fn settings_first(text: &mut String, syntax: Syntax) -> bool {
    let stands_outside = |statement: &str| {
        DIALECTS.iter().any(|dialect| dialect.syntax == syntax && (dialect.scripting.outside_transaction)(statement))
    };
    let pieces = split(text, syntax).unwrap_or_default();
    let found: Vec<usize> = (0..pieces.len()).filter(|&at| stands_outside(pieces[at].text(text))).collect();
    if found.iter().enumerate().all(|(at, place)| at == *place) {
        return false;
    }
    let first = found.first().map(|&at| pieces[at].text(text).to_owned()).unwrap_or_default();
    let switches_off = ["OFF", "0", "FALSE", "NO"].iter().any(|word| {
        first
            .rsplit(|c: char| !c.is_ascii_alphanumeric())
            .find(|part| !part.is_empty())
            .is_some_and(|last| last.eq_ignore_ascii_case(word))
    });
    for &at in found.iter().rev() {
        remove_statement(text, pieces[at].start, pieces[at].end);
    }
    if switches_off {
        text.insert_str(0, &format!("{first};\n"));
    }
    true
}

/// Makes a section for every dialect of a text that is already as it should be.
pub fn of(text: String, transactional: bool) -> Section {
    let mut text = text;
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    Section { dialect: None, transactional, text, first_line: 0 }
}

/// Makes sections, one for each dialect, that refuse to run: what the tool did is not known, and the user must write it.
pub fn to_be_written(reason: &str) -> Vec<Section> {
    DIALECTS
        .iter()
        .map(|dialect| {
            let refuse = (dialect.scripting.refuse_unless)("1 = 0", reason);
            let text =
                format!("-- {}\n-- Write it here in SQL, instead of what follows.\n{refuse};\n", on_one_line(reason));
            Section { dialect: Some(dialect.syntax), ..of(text, true) }
        })
        .collect()
}

/// Does any statement do something? Comments and blanks alone don't.
pub fn does_nothing(text: &str) -> bool {
    split(text, Syntax::Postgres).is_ok_and(|pieces| pieces.is_empty())
}

fn is_commit(word: &str) -> bool {
    word == "COMMIT" || word == "END"
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes().iter().take(at).filter(|&&byte| byte == b'\n').count()
}

/// Removes a statement with its semicolon and, where nothing else is on it, its line.
fn remove_statement(text: &mut String, start: usize, end: usize) {
    let bytes = text.as_bytes();
    let mut to = end;
    while bytes.get(to).is_some_and(|byte| byte.is_ascii_whitespace()) {
        to += 1;
    }
    let mut to = if bytes.get(to) == Some(&b';') { to + 1 } else { end };
    let from_line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let to_line = text[to..].find('\n').map_or(text.len(), |at| to + at + 1);
    let mut from = start;
    if text[from_line..start].trim().is_empty() && text[to..to_line].trim().is_empty() {
        (from, to) = (from_line, to_line);
    }
    text.replace_range(from..to, "");
}

fn refuses_transaction(statement: &str, syntax: Syntax) -> bool {
    DIALECTS.iter().any(|dialect| dialect.syntax == syntax && (dialect.scripting.refuses_transaction)(statement))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(text: &str) -> (String, bool, usize) {
        let tidied = section(text, true, Syntax::Postgres);
        (tidied.section.text, tidied.section.transactional, tidied.notes.len())
    }

    #[test]
    fn its_own_transaction_is_taken_off() {
        assert_eq!(
            tidied("-- a\nBEGIN;\n\nCREATE TABLE t (i int);\nCOMMIT;\n"),
            ("-- a\n\nCREATE TABLE t (i int);\n".to_owned(), true, 1)
        );
        assert_eq!(tidied("begin; create table t (i int); commit").0, " create table t (i int); \n");
    }

    #[test]
    fn a_trigger_keeps_its_end_on_sqlite() {
        let text = "CREATE TRIGGER g AFTER INSERT ON t BEGIN\n  SELECT 1;\nEND;\n";
        assert_eq!(section(text, true, Syntax::Sqlite).section.text, text);
    }

    #[test]
    fn what_refuses_a_transaction_runs_outside_one() {
        assert_eq!(
            tidied("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);"),
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);\n".to_owned(), false, 1)
        );
        let (text, transactional, _) = tidied("BEGIN; SELECT 1; COMMIT;\nBEGIN; SELECT 2; COMMIT;");
        assert!(!transactional);
        assert!(!text.contains("COMMIT"));
    }

    #[test]
    fn a_setting_that_a_transaction_ignores_is_put_first() {
        let text = "CREATE TABLE t (a int);\nPRAGMA foreign_keys=OFF;\nDROP TABLE t;\nPRAGMA foreign_keys=ON;\n";
        let tidied = section(text, true, Syntax::Sqlite);
        assert_eq!(tidied.section.text, "PRAGMA foreign_keys=OFF;\nCREATE TABLE t (a int);\nDROP TABLE t;\n");
        assert_eq!(tidied.notes.len(), 1);
    }

    #[test]
    fn what_cannot_be_done_without_is_said() {
        assert_eq!(tidied("\\set x 1\nSELECT 1;"), ("\\set x 1\nSELECT 1;\n".to_owned(), true, 1));
        assert_eq!(tidied("SELECT 1;\nROLLBACK;").2, 1);
    }
}

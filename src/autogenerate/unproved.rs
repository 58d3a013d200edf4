//! What is written when a revision can't be proved or a part of it is refused: a draft, marked where it fails.

use super::{AutogenerateError, NotProved, Proved};
use crate::schema::plan::Refusal;

/// Returns what was proved; or, where a draft is asked for, the sections that were not, and why.
///
/// # Errors
/// The outcome's, unless a draft stands in for it.
pub fn or_draft(
    outcome: Result<Proved, AutogenerateError>,
    draft: bool,
    sections: impl FnOnce() -> Proved,
) -> Result<(Proved, Option<String>), AutogenerateError> {
    match outcome {
        Ok(proved) => Ok((proved, None)),
        Err(AutogenerateError::NotProved(fault)) if draft => {
            let mut sections = sections();
            mark(&mut sections, &fault);
            Ok((sections, Some(on_one_line(&fault.what))))
        }
        Err(AutogenerateError::Refused { refused }) if draft => {
            let mut sections = sections();
            let lines: Vec<String> = refused.iter().map(left_out).collect();
            put_first(&mut sections.upgrade.text, &lines);
            Ok((
                sections,
                Some(format!("a part can't be planned: {}", refused.first().map(sentence).unwrap_or_default())),
            ))
        }
        Err(error) => Err(error),
    }
}

/// Puts the server's message above the statement that failed, and what was not reached on top.
fn mark(sections: &mut Proved, fault: &NotProved) {
    // The sentence says which of the two was tried.
    let text = match fault.what.contains("downgrade") {
        true => &mut sections.downgrade.text,
        false => &mut sections.upgrade.text,
    };
    let message = fault.error.as_ref().map_or_else(String::new, |error| on_one_line(&error.message));
    let line = format!("-- FAILED in a shadow: {message}");
    match fault.statement.as_ref().and_then(|statement| text.find(statement.trim())) {
        Some(at) => {
            let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            text.insert_str(start, &format!("{line}\n"));
        }
        None if fault.error.is_some() => put_first(text, &[line]),
        None => {}
    }
    let lines: Vec<String> =
        fault.differences.iter().map(|line| format!("-- STILL DIFFERENT afterwards: {}", on_one_line(line))).collect();
    put_first(text, &lines);
}

fn put_first(text: &mut String, lines: &[String]) {
    if !lines.is_empty() {
        text.insert_str(0, &format!("{}\n", lines.join("\n")));
    }
}

fn left_out(refusal: &Refusal) -> String {
    format!("-- LEFT OUT: {}", sentence(refusal))
}

fn sentence(refusal: &Refusal) -> String {
    on_one_line(&format!("{}: {}", refusal.id, refusal.reason))
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::script::Script;
    use super::*;
    use crate::database::SqlError;

    #[test]
    fn the_statement_that_failed_is_marked_where_it_stands() {
        let script = |text: &str| Script { text: text.to_owned(), ..Script::default() };
        let sections = || Proved {
            upgrade: script("CREATE TABLE a (n int);\n\n-- destroys data: x\nDROP TABLE b;"),
            downgrade: script("DROP TABLE a;"),
            irreversible: false,
        };
        let fault = NotProved {
            what: "the generated upgrade, tried in a shadow, fails: no".to_owned(),
            statement: Some("DROP TABLE b".to_owned()),
            error: Some(SqlError { message: "no\n-- migrate:downgrade".to_owned(), ..SqlError::default() }),
            differences: Vec::new(),
        };
        let outcome = Err(AutogenerateError::NotProved(Box::new(fault)));
        let (proved, reason) = or_draft(outcome, true, sections).unwrap();
        let marked = "CREATE TABLE a (n int);\n\n-- destroys data: x\n-- FAILED in a shadow: no -- migrate:downgrade\nDROP TABLE b;";
        assert_eq!(proved.upgrade.text, marked);
        assert_eq!(reason.as_deref(), Some("the generated upgrade, tried in a shadow, fails: no"));
    }
}

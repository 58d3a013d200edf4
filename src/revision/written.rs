//! What is written is what was planned: the bytes of a new revision file are read back and compared before they are a file.

use std::fmt::Debug;
use std::path::Path;

use super::file::{self, FileError};
use super::guard::{self, KeepsRows};
use super::{Revision, Section};
use crate::sql::Syntax;
use crate::sql::split::split;

/// Why a text is not the file of a revision.
#[derive(Debug, thiserror::Error)]
pub enum NotAsPlanned {
    /// It can't be read.
    #[error("{0}")]
    Unreadable(Box<FileError>),
    /// The header has another value for this key.
    #[error("its `{key}` is {found} instead of {planned}")]
    Header { key: &'static str, planned: String, found: String },
    /// A section would run something else.
    #[error("its {direction} section does something else: {difference}")]
    Section { direction: &'static str, difference: String },
}

/// Reads `text` as the file at `path`, and returns the revision where that is the planned one: the same header, and for every
/// database the same statements under the same conditions.
///
/// # Errors
/// `NotAsPlanned` with the first difference.
pub fn read_back(path: &Path, text: &str, planned: &Revision) -> Result<Revision, NotAsPlanned> {
    let read = file::parse(path, text.as_bytes()).map_err(NotAsPlanned::Unreadable)?;
    same("revision", &planned.id, &read.id)?;
    same("revises", &planned.revises, &read.revises)?;
    same("depends-on", &planned.depends_on, &read.depends_on)?;
    same("branch-labels", &planned.branch_labels, &read.branch_labels)?;
    same("replaces", &planned.replaces, &read.replaces)?;
    same("created", &planned.created, &read.created)?;
    same("message", &file::message(&planned.message), &read.message)?;
    let reason = |revision: &Revision| {
        revision.draft.as_ref().map(|draft| draft.reason.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    same("draft", &reason(planned), &reason(&read))?;
    for (direction, planned, found) in
        [("upgrade", &planned.upgrade, &read.upgrade), ("downgrade", &planned.downgrade, &read.downgrade)]
    {
        if let Some(difference) = difference(planned, found) {
            return Err(NotAsPlanned::Section { direction, difference });
        }
    }
    Ok(read)
}

fn same<T: PartialEq + Debug>(key: &'static str, planned: &T, found: &T) -> Result<(), NotAsPlanned> {
    match planned == found {
        true => Ok(()),
        false => Err(NotAsPlanned::Header { key, planned: format!("{planned:?}"), found: format!("{found:?}") }),
    }
}

/// Returns in words how the sections that were read differ from the planned ones. Sections that do nothing don't count.
fn difference(planned: &[Section], found: &[Section]) -> Option<String> {
    let dialects = [None, Some(Syntax::Postgres), Some(Syntax::Sqlite)];
    dialects.into_iter().find_map(|dialect| {
        let of = |sections: &[Section]| {
            let section = sections.iter().find(|section| section.dialect == dialect);
            section.filter(|section| !does_nothing(section)).cloned()
        };
        match (of(planned), of(found)) {
            (None, None) => None,
            (Some(planned), Some(found)) => unequal(&planned, &found),
            (planned, found) => {
                let statements = |section: &Section| outline(section, dialect.unwrap_or(Syntax::Postgres));
                let shown = |section: Option<Section>| {
                    let first =
                        section.as_ref().and_then(statements).and_then(|outline| outline.statements.into_iter().next());
                    first.map_or("nothing".to_owned(), |(_, statement)| format!("{statement:?}"))
                };
                Some(format!("{} was planned, and {} was found", shown(planned), shown(found)))
            }
        }
    })
}

/// What a section does by the rules of one database.
#[derive(Debug, PartialEq, Eq)]
struct Outline {
    /// Each statement with its condition in words.
    statements: Vec<(String, String)>,
    keeps_rows: Vec<KeepsRows>,
    irreversible: Vec<String>,
}

/// Returns None if the text can't be split into statements.
fn outline(section: &Section, syntax: Syntax) -> Option<Outline> {
    let text = section.text.as_str();
    let mut statements = Vec::new();
    for part in guard::parts(text, syntax).ok()? {
        let condition = part.guard.map_or(String::new(), |guard| {
            format!("{} {}", if guard.when_there { "if" } else { "unless" }, guard.subject.words)
        });
        let body = text.get(part.start..part.end)?;
        let pieces = split(body, syntax).ok()?;
        statements.extend(pieces.iter().map(|piece| (condition.clone(), piece.text(body).to_owned())));
    }
    let keeps_rows = guard::keeps_rows(text, syntax);
    Some(Outline { statements, keeps_rows, irreversible: guard::irreversible(text, syntax) })
}

fn syntaxes(section: &Section) -> Vec<Syntax> {
    section.dialect.map_or(vec![Syntax::Postgres, Syntax::Sqlite], |dialect| vec![dialect])
}

fn does_nothing(section: &Section) -> bool {
    let nothing = Outline { statements: Vec::new(), keeps_rows: Vec::new(), irreversible: Vec::new() };
    syntaxes(section).into_iter().all(|syntax| outline(section, syntax).as_ref() == Some(&nothing))
}

fn unequal(planned: &Section, found: &Section) -> Option<String> {
    if planned.transactional != found.transactional {
        return Some("only one of the two is `no-transaction`".to_owned());
    }
    for syntax in syntaxes(planned) {
        match (outline(planned, syntax), outline(found, syntax)) {
            (Some(planned), Some(found)) if planned == found => {}
            (Some(planned), Some(found)) => {
                let number =
                    planned.statements.iter().zip(&found.statements).take_while(|(one, two)| one == two).count();
                let shown = |outline: &Outline| match outline.statements.get(number) {
                    Some((_, statement)) => format!("{statement:?}"),
                    None => "nothing".to_owned(),
                };
                return Some(format!("{} was planned, and {} was found", shown(&planned), shown(&found)));
            }
            (None, None) if planned.text.trim() == found.text.trim() => {}
            _ => return Some("a quote, a comment or a condition in it ends somewhere else".to_owned()),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(text: &str) -> Revision {
        let section =
            |dialect, text: &str| Section { dialect, transactional: true, text: text.to_owned(), first_line: 1 };
        Revision {
            id: "a".to_owned(),
            message: "m".to_owned(),
            upgrade: vec![section(Some(Syntax::Postgres), text)],
            downgrade: vec![section(Some(Syntax::Postgres), "select 2;\n")],
            ..Revision::default()
        }
    }

    fn verdict(revision: &Revision) -> String {
        match read_back(Path::new("a.sql"), &file::write(revision), revision) {
            Ok(_) => "ok".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_reads_as_planned_passes() {
        for text in [
            "comment on table t is 'x\n-- migrate:upgrade postgresql\ndrop table victim; --';\n",
            "comment on table t is 'x\r\ny\rz';\n",
            "-- migrate:unless table \"a\"\"b\"\ncreate table \"a\"\"b\" ();\n-- migrate:end\n",
            "\n\n",
        ] {
            assert_eq!(verdict(&planned(text)), "ok", "{text}");
        }
        let message = "one\n\n-- migrate:upgrade\n  DROP TABLE t;\r-- revision: b";
        assert_eq!(verdict(&Revision { message: message.to_owned(), ..planned("select 1;") }), "ok");
    }

    #[test]
    fn what_reads_otherwise_is_refused() {
        for (text, says) in [
            ("select 1;\n-- migrate:upgrade sqlite\nselect 3;", "its upgrade section does something else"),
            ("select 1;\n-- migrate:downgrade postgresql\nselect 3;", "duplicate downgrade section, the first"),
            ("select 'a", "the quote, dollar quote or comment that opens here is never closed"),
        ] {
            assert!(verdict(&planned(text)).starts_with(says), "{text}: {}", verdict(&planned(text)));
        }
        let created = Some("now\n-- depends-on: b".to_owned());
        assert_eq!(verdict(&Revision { created, ..planned("select 1;") }), "its `depends-on` is [\"b\"] instead of []");
    }
}

//! What data a run takes away: each table and column by name, with how many rows are in it now.
//!
//! Two things are known of a section: the `-- destroys data:` lines that the planner wrote into it, and what its
//! statements say by themselves. A table that is rebuilt under its own name loses no rows, but perhaps columns.

use std::collections::BTreeSet;

use super::Step;
use super::prepare::prepare;
use crate::config::TransactionMode;
use crate::database::losses::{self, Effects, Loss};
use crate::database::{Database, Scope};
use crate::revision::guard;
use crate::schema::Catalog;
use crate::sql::token::{TokenKind, tokens};
use crate::sql::{Syntax, quote};
use crate::words::counted;

/// How a line of a generated section begins that says what is lost.
const DESTROYS: &str = "destroys data:";

/// One thing that is lost: what it is, and how its rows are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lost {
    words: String,
    table: Vec<String>,
    column: Option<String>,
    /// It need not be there when the statement runs.
    if_there: bool,
    /// All rows are in it, or only some.
    all: bool,
}

/// Returns a line for each table and column whose data the steps take away, with the rows that it has now.
///
/// What holds no row loses none, and is left out. Nothing is changed; each table is counted once.
pub fn losses(steps: &[Step], database: &mut dyn Database, version_table: &str) -> Vec<String> {
    let dialect = database.dialect();
    let mut script = Script::default();
    for step in steps {
        let Ok(prepared) = prepare(step, TransactionMode::PerRevision, dialect) else { continue };
        let statements: Vec<Effects> = prepared
            .parts
            .iter()
            .flat_map(|part| part.statements.iter().map(move |piece| (piece, part.guard.is_some())))
            .map(|(piece, guarded)| {
                let effects = losses::effects(piece.text(prepared.text()), dialect.syntax);
                Effects { if_there: effects.if_there || guarded, ..effects }
            })
            .collect();
        let kept = prepared.keeps_rows.iter().map(|kept| kept.before.clone()).collect();
        script.read(&statements, kept, &planned(prepared.text(), dialect.syntax));
    }
    if !script.rebuilt.is_empty() {
        let scope = Scope { schemas: vec!["*".to_owned()], version_table: version_table.to_owned() };
        if let Ok(live) = database.reflect(&scope) {
            script.columns_left_behind(&live.catalog);
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for lost in &script.lost {
        let line = match count(lost, database) {
            Some(0) => continue,
            Some(rows) if lost.all => format!("{}: {}", lost.words, counted(rows, "row")),
            Some(rows) => format!("{} (of {})", lost.words, counted(rows, "row")),
            // Not there, and nothing fails for that; or only there between two of these revisions.
            None if lost.if_there => continue,
            None => lost.words.clone(),
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// The sections of a run, read in their order.
#[derive(Default)]
struct Script {
    lost: Vec<Lost>,
    /// What the run itself creates: tables, and columns behind their table's path.
    created: BTreeSet<Vec<String>>,
    /// Tables that are dropped and come back under their name, with the columns that they then have.
    rebuilt: Vec<(Vec<String>, Vec<String>)>,
}

impl Script {
    fn read(&mut self, statements: &[Effects], kept: Vec<Vec<String>>, planned: &[Lost]) {
        let comes_back = |table: &[String], from: usize| {
            let rest = statements.iter().skip(from);
            let renames = rest.clone().find_map(|effects| {
                let (old, new) = effects.renamed.as_ref()?;
                (table.last() == Some(new)).then(|| old.clone())
            });
            let again = rest.filter_map(|effects| effects.created.as_ref()).find(|(path, _)| path == table);
            let renamed = renames.and_then(|old| {
                let made = statements.iter().filter_map(|effects| effects.created.as_ref());
                made.rev().find(|(path, _)| path.last() == old.last())
            });
            renamed.or(again).map(|(_, columns)| columns.clone())
        };
        for lost in planned {
            self.lose(lost.clone());
        }
        for (at, effects) in statements.iter().enumerate() {
            for loss in &effects.losses {
                let lost = Lost::of(loss, effects.if_there);
                if let Loss::Table(table) = loss {
                    if kept.contains(table) {
                        continue;
                    }
                    if let Some(columns) = comes_back(table, at) {
                        self.rebuilt.push((table.clone(), columns));
                        continue;
                    }
                }
                self.lose(lost);
            }
            self.created.extend(effects.created.iter().map(|(table, _)| table.clone()));
            self.created.extend(effects.added.iter().map(|(table, column)| behind(table, column)));
        }
    }

    fn lose(&mut self, mut lost: Lost) {
        let path = match &lost.column {
            Some(column) => behind(&lost.table, column),
            None => lost.table.clone(),
        };
        lost.if_there |= self.created.contains(&path);
        let same = |known: &&Lost| {
            known.column == lost.column
                && !known.table.is_empty()
                && ends_alike(&known.table, &lost.table)
                && known.words.ends_with("is dropped") == lost.words.ends_with("is dropped")
        };
        if !self.lost.iter().any(|known| same(&known)) {
            self.lost.push(lost);
        }
    }

    /// What a rebuild written by hand does not take along.
    fn columns_left_behind(&mut self, live: &Catalog) {
        for (table, columns) in std::mem::take(&mut self.rebuilt) {
            let is_it = |path: &[String]| path.split_last().is_some_and(|(_, outer)| ends_alike(outer, &table));
            let gone: Vec<String> = live
                .of_kind("column")
                .filter(|column| is_it(&column.id.path))
                .map(|column| column.id.name().to_owned())
                .filter(|name| !columns.is_empty() && !columns.iter().any(|kept| kept.eq_ignore_ascii_case(name)))
                .collect();
            for column in gone {
                self.lose(Lost::of(&Loss::Column { table: table.clone(), column }, false));
            }
        }
    }
}

impl Lost {
    fn of(loss: &Loss, if_there: bool) -> Lost {
        let (words, table, column, all) = match loss {
            Loss::Table(table) => (format!("table {} is dropped", quote::qualified(table)), table, None, true),
            Loss::Column { table, column } => {
                let path = quote::qualified(&behind(table, column));
                (format!("column {path} is dropped"), table, Some(column.clone()), true)
            }
            Loss::Rows(table) => (format!("all rows of {} are deleted", quote::qualified(table)), table, None, true),
            Loss::SomeRows(table) => (format!("rows of {} are deleted", quote::qualified(table)), table, None, false),
            Loss::Other(words) => (words.clone(), &Vec::new(), None, true),
        };
        Lost { words, table: table.clone(), column, if_there, all }
    }
}

/// The losses that the planner named in the section's comments.
fn planned(text: &str, syntax: Syntax) -> Vec<Lost> {
    let comments = tokens(text, syntax).filter(|token| token.kind == TokenKind::Comment);
    comments
        .filter_map(|token| token.text(text).strip_prefix("--")?.trim().strip_prefix(DESTROYS))
        .map(|sentence| {
            let sentence = sentence.trim();
            let mut lost =
                Lost { words: sentence.to_owned(), table: Vec::new(), column: None, if_there: false, all: true };
            let path = |rest: &str| guard::path(rest.split(" is ").next().unwrap_or(rest), syntax);
            if let Some(rest) = sentence.strip_prefix("column ") {
                let rest = rest.split(" keeps ").next().unwrap_or(rest);
                if let Some((column, table)) = path(rest).split_last() {
                    (lost.table, lost.column) = (table.to_vec(), Some(column.clone()));
                }
            } else if let Some(rest) = sentence.strip_prefix("table ") {
                lost.table = path(rest);
            }
            lost
        })
        .collect()
}

fn behind(table: &[String], column: &str) -> Vec<String> {
    [table, &[column.to_owned()]].concat()
}

/// Is the one path the other, or its end?
fn ends_alike(one: &[String], other: &[String]) -> bool {
    let same = |(one, other): (&String, &String)| one.eq_ignore_ascii_case(other);
    !one.is_empty() && !other.is_empty() && one.iter().rev().zip(other.iter().rev()).all(same)
}

/// How many rows there are, or have a value in the column; None if that can't be asked.
fn count(lost: &Lost, database: &mut dyn Database) -> Option<u64> {
    if lost.table.is_empty() {
        return None;
    }
    let what = match &lost.column {
        // By way of the table: SQLite would take an unknown name in quotes for a string.
        Some(column) => format!("counted.{}", quote::identifier(column)),
        None => "*".to_owned(),
    };
    let count = database.dialect().scripting.count.replace('*', &what);
    let query = format!("SELECT {count} FROM {} AS counted", quote::qualified(&lost.table));
    database.query(&query).ok()?.into_iter().flatten().next().flatten()?.parse().ok()
}

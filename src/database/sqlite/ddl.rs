//! What a CREATE TABLE says: columns, constraints and options, each with its text as it was written.
//!
//! SQLite's PRAGMAs show no CHECK, no COLLATE, no name of a constraint, no conflict clause, no DEFERRABLE; the text has
//! everything. Source: SQLite, "CREATE TABLE" and its grammar (`parse.y`: the comma between two table constraints is
//! optional, a name without a constraint is allowed).

use std::collections::BTreeSet;
use std::ops::Range;

use super::words::{Word, folded, group, mentioned, parts, spelled, without_parentheses, words, written};
use crate::sql::quote::identifier;
use crate::sql::token::TokenKind;

/// A CREATE TABLE, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Where its name stands in the text.
    pub name_at: Range<usize>,
    pub columns: Vec<Column>,
    pub constraints: Vec<Constraint>,
    pub strict: bool,
    pub without_rowid: bool,
}

/// A column; a text that is compared is in its one spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub type_name: Option<String>,
    /// What stands besides NOT NULL: `Some("")`, `Some("on conflict ignore")`.
    pub not_null: Option<String>,
    pub default: Option<String>,
    pub collate: Option<String>,
    pub generated: Option<String>,
    pub stored: bool,
    /// Is the default a literal, which ADD COLUMN accepts on a table with rows?
    pub default_is_literal: bool,
    /// Name, type and the above, as they were written; PRIMARY KEY, UNIQUE, CHECK and REFERENCES are constraints.
    pub text: String,
    /// What the generated expression mentions.
    pub mentions: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    PrimaryKey,
    Unique,
    Check,
    ForeignKey,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    pub kind: ConstraintKind,
    pub name: Option<String>,
    /// The column that it was written in.
    pub column: Option<String>,
    /// What it demands, in one spelling, without its name.
    pub definition: String,
    /// As a column constraint, where it can be one, with its name; and as a table constraint.
    pub inside_column: Option<String>,
    pub beside_columns: String,
    /// The columns that it is about, folded.
    pub mentions: BTreeSet<String>,
    pub references: Option<String>,
    pub autoincrement: bool,
    /// `INTEGER PRIMARY KEY DESC`, which is no alias of the rowid (SQLite, "ROWIDs and the INTEGER PRIMARY KEY").
    pub descending_column: bool,
}

const TYPE_ENDS: [&str; 10] =
    ["CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED"];

/// Reads a CREATE TABLE as `sqlite_schema` keeps it; None if it is none.
pub fn read(sql: &str) -> Option<Table> {
    let all = words(sql);
    let open = all.iter().position(|word| word.is_mark("("))?;
    let name_at = all.get(..open)?.iter().rposition(|word| word.name().is_some())?;
    let mut table = Table { name_at: all.get(name_at)?.at.clone(), ..Table::default() };
    let (body, end) = group(&all, open);
    for option in parts(all.get(end..)?) {
        table.strict |= option.first().is_some_and(|word| word.is("STRICT"));
        table.without_rowid |= option.first().is_some_and(|word| word.is("WITHOUT"));
    }
    let items = parts(body);
    let begins_constraint = |item: &[Word]| {
        item.first().is_some_and(|word| word.is_one_of(&["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"]))
    };
    let is_column = |item: &&&[Word]| !begins_constraint(item);
    let names: BTreeSet<String> =
        items.iter().filter(is_column).filter_map(|item| item.first()?.name()).map(|name| folded(&name)).collect();
    for item in &items {
        let mut reader = Reader { sql, words: item, at: 0, names: &names, table: &mut table, name: None };
        if begins_constraint(item) {
            reader.table_constraints()?;
        } else {
            reader.column()?;
        }
    }
    Some(table)
}

struct Reader<'r, 't> {
    sql: &'t str,
    words: &'r [Word<'t>],
    at: usize,
    /// The table's columns, folded.
    names: &'r BTreeSet<String>,
    table: &'r mut Table,
    /// The CONSTRAINT name that waits for its constraint: its text and where it begins.
    name: Option<(String, usize)>,
}

impl<'t> Reader<'_, 't> {
    fn next_is(&self, key_word: &str) -> bool {
        self.words.get(self.at).is_some_and(|word| word.is(key_word))
    }

    fn take(&mut self, key_word: &str) -> bool {
        let there = self.next_is(key_word);
        self.at += usize::from(there);
        there
    }

    fn spelled(&self, words: &[Word]) -> String {
        spelled(words, &|name| self.names.contains(name))
    }

    /// The text from the word at `from` to here.
    fn written(&self, from: usize) -> &'t str {
        written(self.sql, self.words.get(from..self.at).unwrap_or_default())
    }

    fn parenthesised(&mut self) -> Option<Vec<Word<'t>>> {
        self.words.get(self.at).filter(|word| word.is_mark("("))?;
        let (inside, next) = group(self.words, self.at);
        self.at = next;
        Some(inside.to_vec())
    }

    /// CONSTRAINT name: true if one was read.
    fn constraint_name(&mut self) -> bool {
        let from = self.at;
        if !self.take("CONSTRAINT") {
            return false;
        }
        if let Some(name) = self.words.get(self.at).and_then(Word::name) {
            self.name = Some((name, from));
            self.at += 1;
        }
        true
    }

    /// ON CONFLICT …, in one spelling; ABORT is what happens anyway.
    fn conflict(&mut self) -> String {
        if self.next_is("ON") && self.words.get(self.at + 1).is_some_and(|word| word.is("CONFLICT")) {
            let how = self.words.get(self.at + 2).map(|word| folded(word.text)).unwrap_or_default();
            self.at += 3;
            if how != "abort" {
                return format!(" on conflict {how}");
            }
        }
        String::new()
    }

    fn column(&mut self) -> Option<()> {
        let mut column = Column { name: self.words.first()?.name()?, ..Column::default() };
        self.at = 1;
        while let Some(word) = self.words.get(self.at) {
            if word.is_one_of(&TYPE_ENDS) || word.is("AS") {
                break;
            }
            self.at = if word.is_mark("(") { group(self.words, self.at).1 } else { self.at + 1 };
        }
        let type_words = self.words.get(1..self.at).unwrap_or_default();
        column.type_name = (!type_words.is_empty()).then(|| type_spelled(type_words));
        let mut texts = vec![self.written(0).to_owned()];
        while let Some(word) = self.words.get(self.at) {
            let from = self.at;
            if self.constraint_name() {
                continue;
            }
            let named_from = self.name.as_ref().map_or(from, |(_, from)| *from);
            if word.is("NOT") {
                self.at += 2;
                let conflict = self.conflict();
                let name = self.name.take().map(|(name, _)| format!("constraint {} ", identifier(&folded(&name))));
                column.not_null =
                    Some(format!("{}{}", name.unwrap_or_default(), conflict.trim_start()).trim().to_owned());
                texts.push(self.written(named_from).to_owned());
            } else if word.is("NULL") {
                self.at += 1;
                self.conflict();
                self.name = None;
            } else if word.is("DEFAULT") {
                self.at += 1;
                self.default(&mut column);
                texts.push(self.written(from).to_owned());
            } else if word.is("COLLATE") {
                let collation = self.words.get(self.at + 1)?.name()?;
                self.at += 2;
                self.name = None;
                if !collation.eq_ignore_ascii_case("binary") {
                    column.collate = Some(folded(&collation));
                    texts.push(self.written(from).to_owned());
                }
            } else if word.is("GENERATED") || word.is("AS") {
                self.at += if word.is("AS") { 1 } else { 3 };
                let expression = self.parenthesised()?;
                column.mentions = mentioned(&expression);
                column.generated = Some(self.spelled(without_parentheses(&expression)));
                column.stored = self.take("STORED");
                let _ = column.stored || self.take("VIRTUAL");
                self.name = None;
                texts.push(self.written(from).to_owned());
            } else if !self.constraint(Some(&column.name))? {
                self.at += 1;
            }
        }
        column.text = texts.join(" ");
        self.table.columns.push(column);
        Some(())
    }

    fn default(&mut self, column: &mut Column) {
        let from = self.at;
        if self.parenthesised().is_none() {
            let signed = self.words.get(self.at).is_some_and(|word| word.is_mark("+") || word.is_mark("-"));
            self.at += 1 + usize::from(signed);
        }
        let value = without_parentheses(self.words.get(from..self.at).unwrap_or_default());
        let literal = |word: &Word| {
            matches!(word.kind, TokenKind::Number | TokenKind::String) || word.is_one_of(&["NULL", "TRUE", "FALSE"])
        };
        column.default_is_literal = match value {
            [one] => literal(one),
            [sign, number] => (sign.is_mark("-") || sign.is_mark("+")) && number.kind == TokenKind::Number,
            _ => false,
        };
        column.default = Some(self.spelled(value));
        self.name = None;
    }

    fn table_constraints(&mut self) -> Option<()> {
        while self.at < self.words.len() {
            if !self.constraint_name() && !self.constraint(None)? {
                self.at += 1;
            }
        }
        Some(())
    }

    /// Reads one constraint; false if none begins here.
    fn constraint(&mut self, column: Option<&str>) -> Option<bool> {
        let from = self.at;
        let columns = |words: &[Word], reader: &Self| {
            (reader.spelled(words), mentioned(words).intersection(reader.names).cloned().collect())
        };
        let own = column.map(|name| (spelled_name(name), BTreeSet::from([folded(name)])));
        let (kind, definition, mentions);
        let (mut references, mut autoincrement, mut descending_column) = (None, false, false);
        let mut column_form = None;
        let head: String;
        if self.take("PRIMARY") {
            self.at += 1;
            kind = ConstraintKind::PrimaryKey;
            let (mut keys, about) = match own {
                Some(own) => own,
                None => columns(&self.parenthesised()?, self),
            };
            if column.is_some() {
                descending_column = self.take("DESC");
                let _ = descending_column || self.take("ASC");
                if descending_column {
                    keys.push_str(" desc");
                }
            } else {
                // PRIMARY KEY (id AUTOINCREMENT)
                autoincrement = keys.ends_with(" autoincrement");
                keys = keys.trim_end_matches(" autoincrement").to_owned();
            }
            let conflict = self.conflict();
            autoincrement |= self.take("AUTOINCREMENT");
            let also = if autoincrement { " autoincrement" } else { "" };
            definition = format!("primary key ({keys}){also}{conflict}");
            head = "PRIMARY KEY".to_owned();
            mentions = about;
        } else if self.take("UNIQUE") {
            kind = ConstraintKind::Unique;
            let (keys, about) = match own {
                Some(own) => own,
                None => columns(&self.parenthesised()?, self),
            };
            definition = format!("unique ({keys}){}", self.conflict());
            head = "UNIQUE".to_owned();
            mentions = about;
        } else if self.take("CHECK") {
            kind = ConstraintKind::Check;
            let expression = self.parenthesised()?;
            column_form = Some(self.written(from).to_owned());
            self.conflict();
            mentions = mentioned(&expression).intersection(self.names).cloned().collect();
            definition = format!("check ({})", self.spelled(without_parentheses(&expression)));
            head = String::new();
        } else if self.next_is("FOREIGN") || self.next_is("REFERENCES") {
            kind = ConstraintKind::ForeignKey;
            let (keys, about) = if self.take("FOREIGN") {
                self.at += 1;
                columns(&self.parenthesised()?, self)
            } else {
                own?
            };
            let tail_from = self.at;
            let (target, tail) = self.reference()?;
            definition = format!("foreign key ({keys}) {tail}");
            column_form = (about.len() == 1).then(|| self.written(tail_from).to_owned());
            references = Some(target);
            head = "FOREIGN KEY".to_owned();
            mentions = about;
        } else {
            return Some(false);
        }
        let name = self.name.take().map(|(name, _)| name);
        let prefix = name.as_ref().map(|name| format!("CONSTRAINT {} ", identifier(name))).unwrap_or_default();
        let text = self.written(from);
        let beside = match (column, kind) {
            (None, _) | (_, ConstraintKind::Check) => text.to_owned(),
            (Some(column), ConstraintKind::ForeignKey) => format!("{head} ({}) {text}", identifier(column)),
            (Some(column), _) => {
                let rest = definition.split_once(')').map_or("", |(_, rest)| rest).trim_end_matches(" autoincrement");
                format!(
                    "{head} ({}{}){}",
                    identifier(column),
                    if descending_column { " DESC" } else { "" },
                    rest.to_uppercase()
                )
            }
        };
        let inside = if column.is_some() { Some(text.to_owned()) } else { column_form };
        self.table.constraints.push(Constraint {
            kind,
            name,
            column: column.map(folded),
            definition,
            inside_column: inside.map(|text| format!("{prefix}{text}")),
            beside_columns: format!("{prefix}{beside}"),
            mentions,
            references,
            autoincrement,
            descending_column,
        });
        Some(true)
    }

    /// REFERENCES table (columns) and what follows: the table, folded, and the whole in one spelling. NO ACTION and NOT
    /// DEFERRABLE are what happens anyway; MATCH is kept, though SQLite does not heed it.
    fn reference(&mut self) -> Option<(String, String)> {
        self.at += 1;
        let target = folded(&self.words.get(self.at)?.name()?);
        self.at += 1;
        let columns = match self.parenthesised() {
            Some(columns) => format!(" ({})", spelled(&columns, &|_| true)),
            None => String::new(),
        };
        let (mut actions, mut matched, mut deferrable) = (BTreeSet::new(), String::new(), String::new());
        loop {
            if self.next_is("ON") && !self.words.get(self.at + 1).is_some_and(|word| word.is("CONFLICT")) {
                let event = folded(self.words.get(self.at + 1)?.text);
                let mut action = folded(self.words.get(self.at + 2)?.text);
                self.at += 3;
                if matches!(action.as_str(), "set" | "no") {
                    action = format!("{action} {}", folded(self.words.get(self.at)?.text));
                    self.at += 1;
                }
                if action != "no action" {
                    actions.insert(format!(" on {event} {action}"));
                }
            } else if self.take("MATCH") {
                let how = folded(&self.words.get(self.at)?.name()?);
                self.at += 1;
                matched = if how == "simple" { String::new() } else { format!(" match {how}") };
            } else if self.next_is("NOT") && self.words.get(self.at + 1).is_some_and(|word| word.is("DEFERRABLE")) {
                self.at += 2;
                let _ = self.initially();
            } else if self.take("DEFERRABLE") {
                deferrable = if self.initially() { " deferrable initially deferred" } else { " deferrable" }.to_owned();
            } else {
                break;
            }
        }
        let actions: String = actions.into_iter().collect();
        let spelled = format!("references {}{columns}{actions}{matched}{deferrable}", spelled_name(&target));
        Some((target, spelled))
    }

    /// INITIALLY DEFERRED: true; INITIALLY IMMEDIATE or nothing: false.
    fn initially(&mut self) -> bool {
        if !self.take("INITIALLY") {
            return false;
        }
        let deferred = self.next_is("DEFERRED");
        self.at += 1;
        deferred
    }
}

/// Returns a name in its one spelling.
pub fn spelled_name(name: &str) -> String {
    let text = quoted(name);
    spelled(&[Word { kind: TokenKind::QuotedName, text: &text, at: 0..0 }], &|_| true)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A type's name: SQLite compares the text without case and blanks, and reads quotes away.
fn type_spelled(words: &[Word]) -> String {
    let mut text = String::new();
    for word in words {
        let one = folded(&word.name().unwrap_or_else(|| word.text.to_owned()));
        let joined = matches!(word.text, "(" | ")" | ",") || text.ends_with(['(', ',', '+', '-']) || text.is_empty();
        if !joined {
            text.push(' ');
        }
        text.push_str(&one.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constraints(body: &str) -> Vec<String> {
        let table = read(&format!("CREATE TABLE t ({body})")).unwrap();
        table.constraints.into_iter().map(|constraint| constraint.definition).collect()
    }

    #[test]
    fn a_constraint_is_the_same_in_a_column_and_beside_it() {
        for (inside, beside) in [
            ("a int unique on conflict replace", "a int, UNIQUE (\"A\") ON CONFLICT REPLACE"),
            ("a int check (a > 0)", "a int, CHECK (((a > 0)))"),
            (
                "a int references p on delete cascade not deferrable",
                "a int, foreign key (a) references \"P\" on update no action on delete cascade",
            ),
            ("a int primary key desc", "a int, primary key (a desc)"),
        ] {
            assert_eq!(constraints(inside), constraints(beside));
        }
    }

    #[test]
    fn odd_spellings_are_read() {
        let table = read(
            "CREATE TABLE \"a(b\" ('x' \"double  precision\" constraint k1 not null on conflict ignore default -5 collate [NoCase], \
             y int generated always as (x + 1) stored constraint c1 constraint c2 check (y > 1), z, \
             constraint k check (x) unique (x, z)) strict, without rowid",
        )
        .unwrap();
        assert!(table.strict && table.without_rowid);
        assert_eq!(table.columns[0].type_name.as_deref(), Some("double precision"));
        assert_eq!(table.columns[0].not_null.as_deref(), Some("constraint k1 on conflict ignore"));
        assert_eq!((table.columns[0].default.as_deref(), table.columns[0].default_is_literal), (Some("- 5"), true));
        assert_eq!(table.columns[1].generated.as_deref(), Some("x + 1"));
        assert!(table.columns[2].type_name.is_none());
        let names: Vec<_> = table.constraints.iter().map(|constraint| constraint.name.as_deref()).collect();
        assert_eq!(names, [Some("c2"), Some("k"), None]);
    }
}

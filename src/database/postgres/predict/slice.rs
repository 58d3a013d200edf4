//! What the declared statements say, gathered by table.

use std::collections::{BTreeMap, BTreeSet};

use super::ddl::{self, Column, Constraint, Ddl, Index, Table, TypeName};
use super::expression::Expression;
use super::qualified;
use crate::sql::quote;
use crate::sql::split::leading_words;
use crate::sql::token::{Token, TokenKind, name_of, tokens};
use crate::sql::{Statement, Syntax};

/// Everything that the declared DDL says of one table.
#[derive(Default)]
pub struct Slice {
    /// The statements that say it.
    pub numbers: Vec<usize>,
    pub tables: Vec<Table>,
    pub constraints: Vec<Constraint>,
    pub indexes: Vec<(String, Index)>,
    /// By the column, or of the table itself. The last one counts.
    pub comments: BTreeMap<Option<String>, String>,
    defaults: Vec<(String, Expression)>,
    identities: Vec<(String, &'static str)>,
    sequences: Vec<Sequence>,
}

/// A sequence with nothing particular, and the column that owns it.
#[derive(Clone, Debug, PartialEq)]
struct Sequence {
    path: Vec<String>,
    type_: String,
    column: String,
}

/// What the statements say.
#[derive(Default)]
pub struct Declared {
    /// By the table's path. One that a statement mentions which was not read is left out.
    pub slices: BTreeMap<Vec<String>, Slice>,
    /// The names in statements that were not read, which may mean a table's columns in their order (`SELECT *`).
    pub read: BTreeSet<String>,
}

/// Returns what is said of each table; nothing where a statement may do anything to any of them.
pub fn gather(statements: &[Statement]) -> Declared {
    let mut slices: BTreeMap<Vec<String>, Slice> = BTreeMap::new();
    let (mut mentioned, mut read): (BTreeSet<String>, BTreeSet<String>) = Default::default();
    let (mut made, mut owned): (BTreeMap<Vec<String>, String>, BTreeMap<Vec<String>, Vec<String>>) = Default::default();
    for (number, statement) in statements.iter().enumerate() {
        match ddl::parse(&statement.text) {
            Some(ddl) => {
                let slice = slices.entry(qualified(ddl.of())).or_default();
                slice.numbers.push(number);
                match ddl {
                    Ddl::Table(table) => slice.tables.push(table),
                    Ddl::Index { name, index, .. } => slice.indexes.push((name, index)),
                    Ddl::Constraint { constraint, .. } => slice.constraints.push(constraint),
                    Ddl::Comment { column, text, .. } => _ = slice.comments.insert(column, text),
                    Ddl::Default { column, default, .. } => slice.defaults.push((column, default)),
                    Ddl::Identity { column, identity, .. } => slice.identities.push((column, identity)),
                    Ddl::Sequence { path, type_ } => _ = made.insert(qualified(&path), type_),
                    Ddl::OwnedBy { sequence, column } => _ = owned.insert(qualified(&sequence), column),
                    Ddl::Owner { .. } => {}
                }
            }
            None => match touched_names(&statement.text) {
                Some(names) => {
                    mentioned.extend(names);
                    read.extend(spoken_names(&statement.text));
                }
                None => return Declared::default(),
            },
        }
    }
    for (path, mut table) in owned {
        let (Some(column), Some(type_)) = (table.pop(), made.remove(&path)) else { continue };
        let (Some(of_sequence), Some(slice)) = (slices.remove(&path), slices.get_mut(&qualified(&table))) else {
            continue;
        };
        slice.numbers.extend(of_sequence.numbers);
        slice.sequences.push(Sequence { path, type_, column });
    }
    slices.retain(|path, slice| {
        let indexes = slice.indexes.iter().map(|(name, _)| name);
        let sequences = slice.sequences.iter().filter_map(|sequence| sequence.path.last());
        let mut names = path.last().into_iter().chain(indexes).chain(sequences);
        names.all(|name| !mentioned.contains(name)) && slice.settle(path).is_some()
    });
    Declared { slices, read }
}

impl Slice {
    /// Puts into the columns what statements of their own say of them: a dump says `serial` in four. None where
    /// something is left over.
    fn settle(&mut self, path: &[String]) -> Option<()> {
        let columns = &mut self.tables.first_mut()?.columns;
        for (name, default) in self.defaults.drain(..) {
            find(columns, &name)?.default = Some(default);
        }
        for (name, identity) in self.identities.drain(..) {
            find(columns, &name)?.identity = Some(identity);
        }
        for sequence in self.sequences.drain(..) {
            let column = find(columns, &sequence.column)?;
            let (TypeName::System(type_), [schema, table]) = (&column.type_, path) else { return None };
            let serial = ["serial", "bigserial", "smallserial"].into_iter().find(|name| ddl::behind(name) == type_)?;
            let next = Expression::Call(
                vec!["nextval".to_owned()],
                vec![Expression::Cast(
                    Expression::String(quote::qualified(&sequence.path)).into(),
                    "regclass".to_owned(),
                )],
            );
            let name = format!("{table}_{}_seq", column.name);
            let is_serial = sequence.type_ == *type_
                && sequence.path == [schema.clone(), name]
                && column.not_null
                && column.default.as_ref() == Some(&next);
            is_serial.then_some(())?;
            (column.type_, column.default) = (TypeName::Serial(serial), None);
        }
        Some(())
    }
}

fn find<'a>(columns: &'a mut [Column], name: &str) -> Option<&'a mut Column> {
    columns.iter_mut().find(|column| column.name == name)
}

/// Returns the names of what a statement that was not read may change: none for one that only makes something of its
/// own, every name in it otherwise; None when it may do anything (a DO block).
fn touched_names(statement: &str) -> Option<Vec<String>> {
    let words = leading_words(statement, Syntax::Postgres, 4);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let made = if (word(1), word(2)) == ("OR", "REPLACE") { word(3) } else { word(1) };
    match (word(0), made) {
        (
            "CREATE",
            "VIEW" | "MATERIALIZED" | "RECURSIVE" | "FUNCTION" | "PROCEDURE" | "AGGREGATE" | "TYPE" | "DOMAIN",
        )
        | ("CREATE", "SCHEMA" | "EXTENSION" | "COLLATION") => Some(Vec::new()),
        ("SET", _) | ("SELECT", "PG_CATALOG" | "SET_CONFIG") => keeps_the_path(statement).then(Vec::new),
        ("CREATE" | "ALTER" | "COMMENT" | "GRANT" | "REVOKE" | "DROP", _) => {
            let names = tokens(statement, Syntax::Postgres)
                .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName))
                .map(|token: Token| name_of(token.text(statement), Syntax::Postgres));
            Some(names.collect())
        }
        _ => None,
    }
}

/// Does a setting leave names without a schema where they are looked for? A dump's empty search_path does: every name of
/// its own has a schema.
fn keeps_the_path(statement: &str) -> bool {
    let solid: Vec<Token> = tokens(statement, Syntax::Postgres).filter(Token::is_solid).collect();
    let texts: Vec<&str> = solid.iter().map(|token| token.text(statement).trim_matches('\'')).collect();
    match texts.as_slice() {
        ["SELECT", "pg_catalog", ".", "set_config", "(", "search_path", ",", path, ",", ..] => path.is_empty(),
        texts => !texts.iter().any(|text| text.eq_ignore_ascii_case("search_path")) && texts[0] == "SET",
    }
}

/// Returns every name in a statement, in lower case, those within strings (a routine's body) as well.
fn spoken_names(statement: &str) -> Vec<String> {
    let names = tokens(statement, Syntax::Postgres).flat_map(|token| match token.kind {
        TokenKind::Word | TokenKind::QuotedName => {
            vec![name_of(token.text(statement), Syntax::Postgres).to_lowercase()]
        }
        TokenKind::String => {
            let words = token.text(statement).split(|char: char| !(char.is_alphanumeric() || char == '_'));
            words.map(str::to_lowercase).collect()
        }
        _ => Vec::new(),
    });
    names.collect()
}

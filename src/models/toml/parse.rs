//! The text of one TOML file into a `Document`, every key checked.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Check, Column, Constraint, Document, Enum, ForeignKey, Index, Spot, Table};
use crate::database::{DIALECTS, Dialect};
use crate::models::ModelError;
use crate::revision::guard;
use crate::revision::nearest;
use crate::sql::Syntax;
use crate::sql::token::{Token, TokenKind, tokens};

type Name<'a> = Spanned<Cow<'a, str>>;
type Item<'a> = Spanned<DeValue<'a>>;

const TABLE_KEYS: &[&str] = &[
    "column",
    "index",
    "check",
    "unique",
    "primary_key",
    "foreign_key",
    "comment",
    "renamed_from",
    "strict",
    "without_rowid",
];
const COLUMN_KEYS: &[&str] = &[
    "type",
    "nullable",
    "default",
    "primary_key",
    "autoincrement",
    "unique",
    "references",
    "on_delete",
    "on_update",
    "deferrable",
    "check",
    "generated",
    "virtual",
    "identity",
    "collate",
    "comment",
    "renamed_from",
];
const KEY_KEYS: &[&str] = &["name", "columns", "nulls_not_distinct", "deferrable"];
const FOREIGN_KEY_KEYS: &[&str] = &["columns", "references", "on_delete", "on_update", "deferrable"];
const INDEX_KEYS: &[&str] = &["on", "unique", "where", "using", "include", "nulls_not_distinct", "comment"];
const ENUM_KEYS: &[&str] = &["values", "comment", "renamed_from"];
const ACTIONS: &[&str] = &["cascade", "restrict", "set null", "set default", "no action"];

/// The words that stand for a value by themselves.
///
/// Source: PostgreSQL 18 manual, 9.27 "System Information Functions" and 9.9.5; SQLite, "CREATE TABLE", 3.2.
const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "current_user",
    "current_role",
    "session_user",
    "system_user",
    "user",
    "current_catalog",
    "current_schema",
];

/// Adds what `text` declares to the document.
///
/// # Errors
/// `ModelError` at the line that is not TOML, or has an unknown key or a value of the wrong type.
pub fn parse(path: &Path, text: &str, dialect: &'static Dialect, document: &mut Document) -> Result<(), ModelError> {
    let root = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(text.len()..text.len());
        ModelError::new(format!("not valid TOML: {}", error.message())).at(path, text, span.start, span.end)
    })?;
    let file = File { path, text, number: document.paths.len().saturating_sub(1), dialect };
    for (name, item) in in_order(root.get_ref()) {
        match name.get_ref().as_ref() {
            "table" => {
                for (name, item) in file.entries(item, "table")? {
                    document.tables.push(file.table(name, item)?);
                }
            }
            "enum" => {
                for (name, item) in file.entries(item, "enum")? {
                    document.enums.push(file.enumeration(name, item)?);
                }
            }
            _ => return Err(file.unknown(name, "a model file", &["table", "enum"])),
        }
    }
    Ok(())
}

/// The entries of a table in the order in which they are written.
fn in_order<'t, 'a>(table: &'t DeTable<'a>) -> Vec<(&'t Name<'a>, &'t Item<'a>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
    number: usize,
    dialect: &'static Dialect,
}

impl File<'_> {
    fn fault(&self, message: impl Into<String>, span: Range<usize>) -> ModelError {
        ModelError::new(message).at(self.path, self.text, span.start, span.end)
    }

    fn unknown(&self, name: &Name<'_>, place: &str, known: &[&str]) -> ModelError {
        let hint = match nearest(name.get_ref(), known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has: {}", known.join(", ")),
        };
        self.fault(format!("unknown key `{}` in {place}", name.get_ref()), name.span()).hint(hint)
    }

    fn spot(&self, span: Range<usize>) -> Spot {
        let before = self.text.get(..span.start).unwrap_or_default();
        Spot { file: self.number, line: before.matches('\n').count() + 1 }
    }

    fn entries<'t, 'a>(&self, item: &'t Item<'a>, what: &str) -> Result<Vec<(&'t Name<'a>, &'t Item<'a>)>, ModelError> {
        let table = item.get_ref().as_table();
        table.map(in_order).ok_or_else(|| self.wrong(item, what, "a table of names"))
    }

    fn wrong(&self, item: &Item<'_>, what: &str, wanted: &str) -> ModelError {
        self.fault(format!("{what} must be {wanted}, but is {}", found(item.get_ref())), item.span())
    }

    /// What the item says for the dialect at hand: itself, or its entry in `{ postgresql = …, sqlite = … }`.
    fn ours<'t, 'a>(&self, item: &'t Item<'a>) -> Result<Option<&'t Item<'a>>, ModelError> {
        let Some(table) = item.get_ref().as_table() else { return Ok(Some(item)) };
        let names: Vec<&str> = DIALECTS.iter().map(|dialect| dialect.name).collect();
        for (name, _) in in_order(table) {
            if !names.contains(&name.get_ref().as_ref()) {
                return Err(self.unknown(name, "a value for each database", &names));
            }
        }
        Ok(table.get(self.dialect.name))
    }

    fn text(&self, item: &Item<'_>, what: &str) -> Result<Option<String>, ModelError> {
        let Some(item) = self.ours(item)? else { return Ok(None) };
        match item.get_ref() {
            DeValue::String(text) => Ok(Some(text.to_string())),
            _ => Err(self.wrong(item, what, "a text")),
        }
    }

    /// A text, a number or a boolean, as SQL.
    fn expression(&self, item: &Item<'_>, what: &str) -> Result<Option<String>, ModelError> {
        let Some(item) = self.ours(item)? else { return Ok(None) };
        match item.get_ref() {
            DeValue::String(text) => Ok(Some(text.to_string())),
            DeValue::Integer(number) => Ok(Some(number.as_str().to_owned())),
            DeValue::Float(number) => Ok(Some(number.as_str().to_owned())),
            DeValue::Boolean(flag) => Ok(Some(flag.to_string())),
            _ => Err(self.wrong(item, what, "an SQL expression in quotes, a number, true or false")),
        }
    }

    /// A column's default. A bare word would be another column, or in SQLite the text itself.
    fn default(&self, item: &Item<'_>, what: &str) -> Result<Option<String>, ModelError> {
        let Some(written) = self.expression(item, what)? else { return Ok(None) };
        let mut words = tokens(&written, self.dialect.syntax).filter(Token::is_solid);
        let (first, second) = (words.next(), words.next());
        let is_word = first.is_some_and(|token| token.kind == TokenKind::Word) && second.is_none();
        if is_word && !VALUES.contains(&written.trim().to_lowercase().as_str()) {
            let fault = self.fault(format!("{what} is a bare word, which is not a valid default"), item.span());
            return Err(fault.hint(format!("a text has quotes of its own: \"'{}'\"", written.trim())));
        }
        Ok(Some(written))
    }

    fn flag(&self, item: &Item<'_>, what: &str) -> Result<bool, ModelError> {
        match self.ours(item)? {
            None => Ok(false),
            Some(item) => item.get_ref().as_bool().ok_or_else(|| self.wrong(item, what, "true or false")),
        }
    }

    /// A list of texts, or one text.
    fn texts(&self, item: &Item<'_>, what: &str) -> Result<Vec<String>, ModelError> {
        let Some(item) = self.ours(item)? else { return Ok(Vec::new()) };
        let one = |item: &Item<'_>| match item.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            _ => Err(self.wrong(item, what, "a text or a list of texts")),
        };
        match item.get_ref() {
            DeValue::Array(items) => items.iter().map(one).collect(),
            _ => one(item).map(|text| vec![text]),
        }
    }

    fn action(&self, item: &Item<'_>, what: &str) -> Result<Option<String>, ModelError> {
        let Some(action) = self.text(item, what)? else { return Ok(None) };
        let folded = action.to_lowercase();
        if ACTIONS
            .iter()
            .any(|known| folded == *known || folded.starts_with("set null (") || folded.starts_with("set default ("))
        {
            return Ok(Some(folded.to_uppercase()).filter(|action| action != "NO ACTION"));
        }
        let hint = match nearest(&folded, ACTIONS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it is one of: {}", ACTIONS.join(", ")),
        };
        Err(self.fault(format!("{what} can't be `{action}`"), item.span()).hint(hint))
    }

    fn deferrable(&self, item: &Item<'_>, what: &str) -> Result<Option<&'static str>, ModelError> {
        let Some(ours) = self.ours(item)? else { return Ok(None) };
        match ours.get_ref() {
            DeValue::Boolean(true) => Ok(Some(" DEFERRABLE")),
            DeValue::Boolean(false) => Ok(None),
            DeValue::String(text) if text.eq_ignore_ascii_case("initially deferred") => {
                Ok(Some(" DEFERRABLE INITIALLY DEFERRED"))
            }
            _ => Err(self.wrong(ours, what, "true, false or \"initially deferred\"")),
        }
    }

    /// A name as SQL writes it, possibly with its schema: `users`, `app.users`.
    fn path(&self, name: &Name<'_>, what: &str) -> Result<Vec<String>, ModelError> {
        let written = name.get_ref();
        let parts: Vec<String> = match written.contains('"') {
            true => guard::path(written, Syntax::Postgres),
            false => written.split('.').map(str::to_owned).collect(),
        };
        if parts.is_empty() || parts.len() > 2 || parts.iter().any(String::is_empty) {
            return Err(self.fault(format!("`{written}` is not a valid name of {what}"), name.span()));
        }
        Ok(parts)
    }

    fn enumeration(&self, name: &Name<'_>, item: &Item<'_>) -> Result<Enum, ModelError> {
        let mut made = Enum { path: self.path(name, "an enum")?, spot: self.spot(name.span()), ..Enum::default() };
        let what = format!("enum.{}", name.get_ref());
        if let DeValue::Array(_) = item.get_ref() {
            made.labels = self.texts(item, &what)?;
            return Ok(made);
        }
        let Some(table) = item.get_ref().as_table() else {
            return Err(self.wrong(item, &what, "a list of its values"));
        };
        for (key, item) in in_order(table) {
            let what = format!("{what}.{}", key.get_ref());
            match key.get_ref().as_ref() {
                "values" => made.labels = self.texts(item, &what)?,
                "comment" => made.comment = self.text(item, &what)?,
                "renamed_from" => made.renamed_from = self.text(item, &what)?.map(|old| (old, self.spot(key.span()))),
                _ => return Err(self.unknown(key, "an enum", ENUM_KEYS)),
            }
        }
        Ok(made)
    }

    fn table(&self, name: &Name<'_>, item: &Item<'_>) -> Result<Table, ModelError> {
        let shown = format!("table.{}", name.get_ref());
        let mut table = Table { path: self.path(name, "a table")?, spot: self.spot(name.span()), ..Table::default() };
        for (key, item) in self.entries(item, &shown)? {
            let what = format!("{shown}.{}", key.get_ref());
            match key.get_ref().as_ref() {
                "comment" => table.comment = self.text(item, &what)?,
                "renamed_from" => {
                    table.renamed_from = self.text(item, &what)?.map(|old| (old, self.spot(key.span())));
                }
                "strict" => table.strict = self.flag(item, &what)?,
                "without_rowid" => table.without_rowid = self.flag(item, &what)?,
                "column" => {
                    for (name, item) in self.entries(item, &what)? {
                        let column = self.column(name, item, &what, &mut table)?;
                        table.columns.push(column);
                    }
                }
                "primary_key" => table.primary_key = Some(self.key(None, item, &what, key.span())?),
                "unique" => table.uniques.extend(self.uniques(item, &what)?),
                "check" => table.checks.extend(self.checks(item, &what)?),
                "foreign_key" => {
                    for (name, item) in self.entries(item, &what)? {
                        table.foreign_keys.push(self.foreign_key(name, item, &what)?);
                    }
                }
                "index" => {
                    for (name, item) in self.entries(item, &what)? {
                        table.indexes.push(self.index(name, item, &what)?);
                    }
                }
                _ => return Err(self.unknown(key, "a table", TABLE_KEYS)),
            }
        }
        if table.columns.is_empty() {
            return Err(self
                .fault(format!("the table {} has no columns", name.get_ref()), name.span())
                .hint(format!("write them below [{shown}.column]")));
        }
        Ok(table)
    }

    fn column(&self, name: &Name<'_>, item: &Item<'_>, shown: &str, table: &mut Table) -> Result<Column, ModelError> {
        let mut column = Column { name: name.get_ref().to_string(), spot: self.spot(name.span()), ..Column::default() };
        let shown = format!("{shown}.{}", name.get_ref());
        if let DeValue::String(type_) = item.get_ref() {
            column.type_ = type_.to_string();
            return Ok(column);
        }
        let Some(keys) = item.get_ref().as_table() else {
            return Err(self.wrong(item, &shown, "a type in quotes, or { type = \"…\" }"));
        };
        let mut foreign_key =
            ForeignKey { columns: vec![column.name.clone()], spot: column.spot, ..ForeignKey::default() };
        let mut actions = None;
        for (key, item) in in_order(keys) {
            let what = format!("{shown}.{}", key.get_ref());
            match key.get_ref().as_ref() {
                "type" => {
                    column.type_ = self.text(item, &what)?.unwrap_or_default();
                    column.type_is_own = item.get_ref().as_table().is_some();
                }
                "nullable" => column.nullable = self.flag(item, &what)?,
                "default" => column.default = self.default(item, &what)?,
                "primary_key" => column.primary_key = self.flag(item, &what)?,
                "autoincrement" => column.autoincrement = self.flag(item, &what)?,
                "unique" => column.unique = self.flag(item, &what)?,
                "references" => self.references(item, &what, &mut foreign_key)?,
                "on_delete" => {
                    foreign_key.on_delete = self.action(item, &what)?;
                    actions = Some(key);
                }
                "on_update" => {
                    foreign_key.on_update = self.action(item, &what)?;
                    actions = Some(key);
                }
                "deferrable" => {
                    foreign_key.deferrable = self.deferrable(item, &what)?;
                    actions = Some(key);
                }
                "check" => column.check = self.text(item, &what)?,
                "generated" => column.generated = self.text(item, &what)?,
                "virtual" => column.is_virtual = self.flag(item, &what)?,
                "identity" => column.identity = self.identity(item, &what)?,
                "collate" => column.collate = self.text(item, &what)?,
                "comment" => column.comment = self.text(item, &what)?,
                "renamed_from" => {
                    column.renamed_from = self.text(item, &what)?.map(|old| (old, self.spot(key.span())));
                }
                _ => return Err(self.unknown(key, "a column", COLUMN_KEYS)),
            }
        }
        if column.type_.trim().is_empty() {
            return Err(self.fault(format!("the column {} has no type", name.get_ref()), name.span()).hint(
                "write { type = \"text\" }, or for each database { type = { postgresql = \"…\", sqlite = \"…\" } }",
            ));
        }
        if !foreign_key.table.is_empty() {
            table.foreign_keys.push(foreign_key);
        } else if let Some(key) = actions {
            let message = format!("`{}` without `references`", key.get_ref());
            return Err(self.fault(message, key.span()).hint("write `references = \"table.column\"` beside it"));
        }
        Ok(column)
    }

    fn identity(&self, item: &Item<'_>, what: &str) -> Result<Option<&'static str>, ModelError> {
        let Some(ours) = self.ours(item)? else { return Ok(None) };
        match ours.get_ref() {
            DeValue::Boolean(true) => Ok(Some("BY DEFAULT")),
            DeValue::Boolean(false) => Ok(None),
            DeValue::String(text) if text.eq_ignore_ascii_case("always") => Ok(Some("ALWAYS")),
            DeValue::String(text) if text.eq_ignore_ascii_case("by default") => Ok(Some("BY DEFAULT")),
            _ => Err(self.wrong(ours, what, "true, \"always\" or \"by default\"")),
        }
    }

    /// `users.id`, `app.users.id`, `users(id)`, `app.users(a, b)`, or in a `foreign_key` also `users`.
    fn references(&self, item: &Item<'_>, what: &str, key: &mut ForeignKey) -> Result<(), ModelError> {
        let Some(written) = self.text(item, what)? else { return Ok(()) };
        let names = |text: &str| -> Vec<String> {
            if text.contains('"') {
                guard::path(text, Syntax::Postgres)
            } else {
                text.split('.').map(|part| part.trim().to_owned()).collect()
            }
        };
        if let Some((table, columns)) = written.split_once('(') {
            key.table = names(table);
            key.references = columns
                .trim_end()
                .trim_end_matches(')')
                .split(',')
                .map(|column| column.trim().trim_matches('"').to_owned())
                .collect();
        } else {
            key.table = names(&written);
            if key.table.len() > 1 && key.columns.len() == 1 {
                key.references = key.table.pop().into_iter().collect();
            }
        }
        let names = key.table.iter().chain(&key.references);
        if key.table.is_empty() || key.table.len() > 2 || names.into_iter().any(|name| name.is_empty()) {
            return Err(self
                .fault(format!("{what} can't be `{written}`"), item.span())
                .hint("write `table.column`, `schema.table.column` or `table(column, column)`"));
        }
        Ok(())
    }

    /// A list of columns, or `{ columns = […], … }`.
    fn key(
        &self,
        name: Option<String>,
        item: &Item<'_>,
        what: &str,
        span: Range<usize>,
    ) -> Result<Constraint, ModelError> {
        let mut key = Constraint { name, spot: self.spot(span), ..Constraint::default() };
        let Some(table) = item.get_ref().as_table() else {
            key.columns = self.texts(item, what)?;
            return Ok(key);
        };
        for (name, item) in in_order(table) {
            let what = format!("{what}.{}", name.get_ref());
            match name.get_ref().as_ref() {
                "name" => key.name = self.text(item, &what)?,
                "columns" => key.columns = self.texts(item, &what)?,
                "nulls_not_distinct" => key.nulls_not_distinct = self.flag(item, &what)?,
                "deferrable" => key.deferrable = self.deferrable(item, &what)?,
                _ => return Err(self.unknown(name, "a key", KEY_KEYS)),
            }
        }
        if key.columns.is_empty() {
            return Err(self.fault(format!("{what} names no columns"), item.span()));
        }
        Ok(key)
    }

    /// A table of named constraints, or a list of lists of columns.
    fn uniques(&self, item: &Item<'_>, what: &str) -> Result<Vec<Constraint>, ModelError> {
        if let DeValue::Array(items) = item.get_ref() {
            return items.iter().map(|item| self.key(None, item, what, item.span())).collect();
        }
        let entries = self.entries(item, what)?.into_iter();
        entries
            .map(|(name, item)| {
                let what = format!("{what}.{}", name.get_ref());
                self.key(Some(name.get_ref().to_string()), item, &what, name.span())
            })
            .collect()
    }

    /// A table of named checks, or a list of expressions.
    fn checks(&self, item: &Item<'_>, what: &str) -> Result<Vec<Check>, ModelError> {
        let mut found = Vec::new();
        if let DeValue::Array(items) = item.get_ref() {
            for item in items.iter() {
                if let Some(expression) = self.text(item, what)? {
                    found.push(Check { name: None, spot: self.spot(item.span()), expression });
                }
            }
            return Ok(found);
        }
        for (name, item) in self.entries(item, what)? {
            if let Some(expression) = self.text(item, &format!("{what}.{}", name.get_ref()))? {
                let name_given = Some(name.get_ref().to_string());
                found.push(Check { name: name_given, spot: self.spot(name.span()), expression });
            }
        }
        Ok(found)
    }

    fn foreign_key(&self, name: &Name<'_>, item: &Item<'_>, what: &str) -> Result<ForeignKey, ModelError> {
        let what = format!("{what}.{}", name.get_ref());
        let mut key = ForeignKey {
            name: Some(name.get_ref().to_string()),
            spot: self.spot(name.span()),
            ..ForeignKey::default()
        };
        let mut references = None;
        for (name, item) in self.entries(item, &what)? {
            let what = format!("{what}.{}", name.get_ref());
            match name.get_ref().as_ref() {
                "columns" => key.columns = self.texts(item, &what)?,
                "references" => references = Some((item, what)),
                "on_delete" => key.on_delete = self.action(item, &what)?,
                "on_update" => key.on_update = self.action(item, &what)?,
                "deferrable" => key.deferrable = self.deferrable(item, &what)?,
                _ => return Err(self.unknown(name, "a foreign key", FOREIGN_KEY_KEYS)),
            }
        }
        if let Some((item, what)) = references {
            self.references(item, &what, &mut key)?;
        }
        if key.columns.is_empty() || key.table.is_empty() {
            return Err(self
                .fault(format!("{what} needs `columns` and `references`"), name.span())
                .hint("write { columns = [\"a\", \"b\"], references = \"other(a, b)\" }"));
        }
        Ok(key)
    }

    fn index(&self, name: &Name<'_>, item: &Item<'_>, what: &str) -> Result<Index, ModelError> {
        let what = format!("{what}.{}", name.get_ref());
        let mut index = Index { name: name.get_ref().to_string(), spot: self.spot(name.span()), ..Index::default() };
        match item.get_ref() {
            DeValue::String(_) | DeValue::Array(_) => index.on = self.texts(item, &what)?,
            _ => {
                for (key, item) in self.entries(item, &what)? {
                    let what = format!("{what}.{}", key.get_ref());
                    match key.get_ref().as_ref() {
                        "on" => index.on = self.texts(item, &what)?,
                        "unique" => index.unique = self.flag(item, &what)?,
                        "where" => index.predicate = self.text(item, &what)?,
                        "using" => index.using = self.text(item, &what)?,
                        "include" => index.include = self.texts(item, &what)?,
                        "nulls_not_distinct" => index.nulls_not_distinct = self.flag(item, &what)?,
                        "comment" => index.comment = self.text(item, &what)?,
                        _ => return Err(self.unknown(key, "an index", INDEX_KEYS)),
                    }
                }
            }
        }
        if index.on.is_empty() {
            return Err(self
                .fault(format!("the index {} has no columns", name.get_ref()), name.span())
                .hint("write { on = [\"column\"] }"));
        }
        Ok(index)
    }
}

fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

//! The columns and tables that a document names must be there; the databases would say so later, or not at all.

use super::ddl::POSTGRES_METHODS;
use super::{Document, ForeignKey, Index, Spot, Table};
use crate::models::ModelError;
use crate::revision::nearest;
use crate::sql::Syntax;
use crate::sql::token::{Token, TokenKind, name_of, tokens};

/// What may follow a column in a part of an index; after anything else the part is an expression.
const AFTER_A_COLUMN: &[&str] = &["asc", "desc", "nulls", "collate"];

/// Looks up every column and table that is named; a table may be declared elsewhere unless the document stands `alone`.
///
/// # Errors
/// The first name that nothing has, at its line.
pub fn check(document: &Document, syntax: Syntax, alone: bool) -> Result<(), ModelError> {
    let names = Names { document, syntax, alone };
    document.tables.iter().try_for_each(|table| names.table(table))
}

struct Names<'a> {
    document: &'a Document,
    syntax: Syntax,
    alone: bool,
}

impl Names<'_> {
    fn table(&self, table: &Table) -> Result<(), ModelError> {
        for key in table.primary_key.iter().chain(&table.uniques) {
            key.columns.iter().try_for_each(|column| self.column(table, column, key.spot))?;
        }
        for key in &table.foreign_keys {
            key.columns.iter().try_for_each(|column| self.column(table, column, key.spot))?;
            self.reference(key)?;
        }
        table.indexes.iter().try_for_each(|index| self.index(table, index))
    }

    fn index(&self, table: &Table, index: &Index) -> Result<(), ModelError> {
        let is_postgres = self.syntax == Syntax::Postgres;
        if !is_postgres && index.using.as_deref().is_some_and(|method| POSTGRES_METHODS.contains(&method)) {
            return Ok(());
        }
        let parts = index.on.iter().filter_map(|part| column_of(part, self.syntax));
        let included = index.include.iter().filter(|_| is_postgres).cloned();
        parts.chain(included).try_for_each(|column| self.column(table, &column, index.spot))
    }

    fn column(&self, table: &Table, name: &str, spot: Spot) -> Result<(), ModelError> {
        let known: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        // Names that are not quoted are folded.
        if known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Ok(());
        }
        let message = format!("the table {} has no column {name}", table.path.join("."));
        Err(self.fault(message, spot, name, &known))
    }

    fn reference(&self, key: &ForeignKey) -> Result<(), ModelError> {
        let tables = &self.document.tables;
        match tables.iter().find(|table| self.addressed(&table.path) == self.addressed(&key.table)) {
            Some(table) => key.references.iter().try_for_each(|column| self.column(table, column, key.spot)),
            None if self.alone => {
                let names: Vec<String> = tables.iter().map(|table| table.path.join(".")).collect();
                let known: Vec<&str> = names.iter().map(String::as_str).collect();
                let name = key.table.join(".");
                Err(self.fault(format!("no model declares the table {name}"), key.spot, &name, &known))
            }
            None => Ok(()),
        }
    }

    /// A table's path as far as it tells tables apart.
    fn addressed<'p>(&self, path: &'p [String]) -> &'p [String] {
        match path {
            [_, name] if self.syntax == Syntax::Sqlite => std::slice::from_ref(name),
            [schema, name] if schema == "public" => std::slice::from_ref(name),
            _ => path,
        }
    }

    fn fault(&self, message: String, spot: Spot, name: &str, known: &[&str]) -> ModelError {
        let path = self.document.paths.get(spot.file).cloned().unwrap_or_default();
        let fault = ModelError::new(message).on_line(&path, spot.line);
        match nearest(name, known) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        }
    }
}

/// The column that a part of an index is; None for an expression.
fn column_of(part: &str, syntax: Syntax) -> Option<String> {
    let solid: Vec<Token> = tokens(part, syntax).filter(Token::is_solid).collect();
    let first = solid.first().filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName))?;
    let next = solid.get(1).map(|token| token.text(part).to_lowercase());
    next.is_none_or(|next| AFTER_A_COLUMN.contains(&next.as_str())).then(|| name_of(first.text(part), syntax))
}

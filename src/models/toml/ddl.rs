//! A document as DDL of one dialect, every statement with the lines that it was made of.

use std::collections::HashMap;

use super::{Check, Column, Document, ForeignKey, Index, Spot, Table, expression, types};
use crate::database::Dialect;
use crate::models::error::shown;
use crate::models::{Declaration, Declared, DeclaredRename, ModelError};
use crate::sql::quote::{identifier, literal, qualified};
use crate::sql::{Origin, Statement, Syntax};

/// Methods of an index that SQLite has nothing like.
pub const POSTGRES_METHODS: &[&str] = &["gin", "gist", "brin", "spgist", "ivfflat", "hnsw", "bloom"];

/// Adds the DDL of the whole document: schemas, enums, tables, foreign keys, indexes, comments.
///
/// # Errors
/// `ModelError` at the line of what the dialect can't express.
pub fn declare(document: &Document, dialect: &'static Dialect, declared: &mut Declared) -> Result<(), ModelError> {
    let writer = Writer { document, syntax: dialect.syntax, enums: labels(document) };
    writer.refuse_duplicates()?;
    let mut texts: Vec<Text> = Vec::new();
    if dialect.syntax == Syntax::Postgres {
        texts.extend(writer.schemas());
        texts.extend(writer.enums());
    }
    texts.extend(document.tables.iter().map(|table| writer.table(table)));
    if dialect.syntax == Syntax::Postgres {
        for table in &document.tables {
            let alter = format!("ALTER TABLE {} ADD ", qualified(&table.path));
            texts.extend(
                table
                    .foreign_keys
                    .iter()
                    .map(|key| Text::new(format!("{alter}{}", foreign_key(key, dialect.syntax)), key.spot)),
            );
        }
    }
    for table in &document.tables {
        texts.extend(table.indexes.iter().filter_map(|index| writer.index(table, index)));
    }
    if dialect.syntax == Syntax::Postgres {
        texts.extend(writer.comments());
    }
    let file = |spot: Spot| document.paths.get(spot.file).cloned().unwrap_or_default();
    declared.declarations.extend(texts.into_iter().map(|text| Declaration {
        lines: text.spots.iter().map(|(at, spot)| (*at, spot.line)).collect(),
        statement: Statement {
            text: text.text,
            origin: Origin::File { path: file(text.spot), line: text.spot.line },
            transactional: true,
            action_at: None,
            setting: None,
        },
    }));
    for (kind, path, renamed) in writer.renames() {
        let (old, spot) = renamed;
        declared.renames.push(DeclaredRename {
            kind: kind.to_owned(),
            path,
            old: old.clone(),
            path_of_file: file(*spot),
            line: spot.line,
        });
    }
    Ok(())
}

fn labels(document: &Document) -> HashMap<String, &[String]> {
    let mut found = HashMap::new();
    for each in &document.enums {
        found.insert(each.path.join("."), each.labels.as_slice());
        if let Some(name) = each.path.last() {
            found.insert(name.clone(), each.labels.as_slice());
        }
    }
    found
}

/// A statement and where its parts were written.
struct Text {
    text: String,
    spot: Spot,
    spots: Vec<(usize, Spot)>,
}

impl Text {
    fn new(text: String, spot: Spot) -> Text {
        Text { text, spot, spots: vec![(0, spot)] }
    }
}

struct Writer<'a> {
    document: &'a Document,
    syntax: Syntax,
    /// By name, and by name with schema.
    enums: HashMap<String, &'a [String]>,
}

impl Writer<'_> {
    /// A name as the database addresses it: SQLite has no schemas.
    fn name(&self, path: &[String]) -> String {
        match (self.syntax, path.last()) {
            (Syntax::Sqlite, Some(name)) => identifier(name),
            _ => qualified(path),
        }
    }

    fn refuse_duplicates(&self) -> Result<(), ModelError> {
        let mut seen: HashMap<String, Spot> = HashMap::new();
        let tables = self.document.tables.iter().map(|table| (self.name(&table.path), table.spot));
        for (name, spot) in tables {
            if let Some(first) = seen.insert(name.clone(), spot) {
                let path = |spot: Spot| self.document.paths.get(spot.file).cloned().unwrap_or_default();
                return Err(ModelError::new(format!("the table {name} is declared twice"))
                    .on_line(&path(spot), spot.line)
                    .note(format!("it is declared at {}:{} too", shown(&path(first)).display(), first.line)));
            }
        }
        Ok(())
    }

    fn schemas(&self) -> Vec<Text> {
        let tables = self.document.tables.iter().map(|table| (&table.path, table.spot));
        let enums = self.document.enums.iter().map(|each| (&each.path, each.spot));
        let mut seen: Vec<&String> = Vec::new();
        let mut texts = Vec::new();
        for (path, spot) in tables.chain(enums) {
            if let [schema, _] = path.as_slice()
                && !seen.contains(&schema)
            {
                seen.push(schema);
                texts.push(Text::new(format!("CREATE SCHEMA IF NOT EXISTS {}", identifier(schema)), spot));
            }
        }
        texts
    }

    fn enums(&self) -> Vec<Text> {
        let enums = self.document.enums.iter();
        enums
            .map(|each| {
                let labels: Vec<String> = each.labels.iter().map(|label| literal(label, self.syntax)).collect();
                let text = format!("CREATE TYPE {} AS ENUM ({})", qualified(&each.path), labels.join(", "));
                Text::new(text, each.spot)
            })
            .collect()
    }

    fn table(&self, table: &Table) -> Text {
        let mut parts: Vec<(String, Spot)> = Vec::new();
        // A key of one column is written at the column.
        let alone =
            table.primary_key.is_none() && table.columns.iter().filter(|column| column.primary_key).count() == 1;
        // SQLite has no way to add a reference later, so it is written where its column is.
        let at_column =
            |key: &&ForeignKey| self.syntax == Syntax::Sqlite && key.name.is_none() && key.columns.len() == 1;
        for column in &table.columns {
            let mut text = self.column(table, column, alone);
            let keys = table.foreign_keys.iter().filter(at_column);
            for key in keys.filter(|key| key.columns.first() == Some(&column.name)) {
                text.push(' ');
                text.push_str(&references(key, self.syntax));
            }
            parts.push((text, column.spot));
        }
        let key: Vec<String> =
            table.columns.iter().filter(|column| column.primary_key).map(|column| column.name.clone()).collect();
        if !key.is_empty() && !alone && table.primary_key.is_none() {
            parts.push((format!("PRIMARY KEY ({})", columns(&key)), table.spot));
        }
        if let Some(key) = &table.primary_key {
            let text = format!(
                "{}PRIMARY KEY ({}){}",
                named(&key.name),
                columns(&key.columns),
                self.deferrable(key.deferrable)
            );
            parts.push((text, key.spot));
        }
        for key in &table.uniques {
            let distinct = match key.nulls_not_distinct && self.syntax == Syntax::Postgres {
                true => " NULLS NOT DISTINCT",
                false => "",
            };
            let text = format!(
                "{}UNIQUE{distinct} ({}){}",
                named(&key.name),
                columns(&key.columns),
                self.deferrable(key.deferrable)
            );
            parts.push((text, key.spot));
        }
        for Check { name, spot, expression: written } in &table.checks {
            parts.push((format!("{}CHECK ({})", named(name), expression::any(written, self.syntax)), *spot));
        }
        if self.syntax == Syntax::Sqlite {
            let apart = table.foreign_keys.iter().filter(|key| !at_column(key));
            parts.extend(apart.map(|key| (foreign_key(key, self.syntax), key.spot)));
        }
        let mut text = format!("CREATE TABLE {} (\n    ", self.name(&table.path));
        let mut spots = vec![(0, table.spot)];
        for (number, (part, spot)) in parts.iter().enumerate() {
            if number > 0 {
                text.push_str(",\n    ");
            }
            spots.push((text.len(), *spot));
            text.push_str(part);
        }
        text.push_str("\n)");
        if self.syntax == Syntax::Sqlite {
            let options = [(table.strict, "STRICT"), (table.without_rowid, "WITHOUT ROWID")];
            let options: Vec<&str> = options.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect();
            if !options.is_empty() {
                text.push_str(&format!(" {}", options.join(", ")));
            }
        }
        Text { text, spot: table.spot, spots }
    }

    /// SQLite has no deferrable keys.
    fn deferrable(&self, words: Option<&'static str>) -> &'static str {
        words.filter(|_| self.syntax == Syntax::Postgres).unwrap_or_default()
    }

    fn column(&self, table: &Table, column: &Column, key_alone: bool) -> String {
        let syntax = self.syntax;
        let strict = table.strict && syntax == Syntax::Sqlite;
        let is_key = column.primary_key && key_alone;
        let labels = self.enums.get(column.type_.trim().trim_end_matches("[]"));
        let is_array = types::is_array(&column.type_);
        let type_ = match labels {
            _ if column.type_is_own => column.type_.trim().to_owned(),
            Some(_) if syntax == Syntax::Sqlite => "text".to_owned(),
            Some(_) => enum_type(&column.type_),
            // The rowid stands for an integer key (SQLite, "ROWIDs and the INTEGER PRIMARY KEY").
            None if syntax == Syntax::Sqlite && may_be_rowid(table, column, is_key) => "integer".to_owned(),
            None => types::spelled(&column.type_, syntax, strict),
        };
        let mut text = format!("{} {type_}", identifier(&column.name));
        if let Some(collation) = &column.collate {
            let collation = if syntax == Syntax::Postgres { identifier(collation) } else { collation.clone() };
            text.push_str(&format!(" COLLATE {collation}"));
        }
        if let (Some(identity), Syntax::Postgres) = (column.identity, syntax) {
            text.push_str(&format!(" GENERATED {identity} AS IDENTITY"));
        }
        if let Some(generated) = &column.generated {
            let kept = if column.is_virtual { "VIRTUAL" } else { "STORED" };
            text.push_str(&format!(" GENERATED ALWAYS AS ({}) {kept}", expression::any(generated, syntax)));
        }
        if let Some(default) = &column.default {
            text.push_str(&format!(" DEFAULT {}", expression::default(default, syntax, is_array)));
        }
        if !column.nullable && column.generated.is_none() {
            text.push_str(" NOT NULL");
        }
        if is_key {
            text.push_str(" PRIMARY KEY");
            if column.autoincrement && syntax == Syntax::Sqlite {
                text.push_str(" AUTOINCREMENT");
            }
        }
        if column.unique {
            text.push_str(" UNIQUE");
        }
        if let Some(check) = &column.check {
            text.push_str(&format!(" CHECK ({})", expression::any(check, syntax)));
        }
        if let (Some(labels), Syntax::Sqlite, false) = (labels, syntax, is_array || column.type_is_own) {
            let labels: Vec<String> = labels.iter().map(|label| literal(label, syntax)).collect();
            text.push_str(&format!(" CHECK ({} IN ({}))", identifier(&column.name), labels.join(", ")));
        }
        text
    }

    fn index(&self, table: &Table, index: &Index) -> Option<Text> {
        let postgres = self.syntax == Syntax::Postgres;
        let foreign = index.using.as_deref().is_some_and(|method| POSTGRES_METHODS.contains(&method));
        if foreign && !postgres {
            return None;
        }
        let known: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let parts: Vec<String> =
            index.on.iter().map(|part| expression::index_part(part, &known, self.syntax)).collect();
        let unique = if index.unique { "UNIQUE " } else { "" };
        let mut text = format!("CREATE {unique}INDEX {} ON {}", identifier(&index.name), self.name(&table.path));
        if let (Some(method), true) = (&index.using, postgres) {
            text.push_str(&format!(" USING {}", identifier(method)));
        }
        text.push_str(&format!(" ({})", parts.join(", ")));
        if postgres && !index.include.is_empty() {
            text.push_str(&format!(" INCLUDE ({})", columns(&index.include)));
        }
        if postgres && index.nulls_not_distinct {
            text.push_str(" NULLS NOT DISTINCT");
        }
        if let Some(predicate) = &index.predicate {
            text.push_str(&format!(" WHERE {}", expression::any(predicate, self.syntax)));
        }
        Some(Text::new(text, index.spot))
    }

    fn comments(&self) -> Vec<Text> {
        let mut texts = Vec::new();
        let mut say = |what: String, comment: &Option<String>, spot: Spot| {
            if let Some(comment) = comment {
                let text = format!("COMMENT ON {what} IS {}", literal(comment, self.syntax));
                texts.push(Text::new(text, spot));
            }
        };
        for each in &self.document.enums {
            say(format!("TYPE {}", qualified(&each.path)), &each.comment, each.spot);
        }
        for table in &self.document.tables {
            let name = qualified(&table.path);
            say(format!("TABLE {name}"), &table.comment, table.spot);
            for column in &table.columns {
                say(format!("COLUMN {name}.{}", identifier(&column.name)), &column.comment, column.spot);
            }
            for index in &table.indexes {
                let path: Vec<&str> = table.path[..table.path.len().saturating_sub(1)]
                    .iter()
                    .map(String::as_str)
                    .chain([index.name.as_str()])
                    .collect();
                say(format!("INDEX {}", qualified(&path)), &index.comment, index.spot);
            }
        }
        texts
    }

    fn renames(&self) -> Vec<(&'static str, Vec<String>, &(String, Spot))> {
        let mut found = Vec::new();
        let enums = self.document.enums.iter().filter(|_| self.syntax == Syntax::Postgres);
        for each in enums {
            found.extend(each.renamed_from.as_ref().map(|old| ("enum", each.path.clone(), old)));
        }
        for table in &self.document.tables {
            let path = match self.syntax {
                Syntax::Postgres => table.path.clone(),
                Syntax::Sqlite => table.path.last().cloned().into_iter().collect(),
            };
            found.extend(table.renamed_from.as_ref().map(|old| ("table", path.clone(), old)));
            for column in &table.columns {
                let path = [path.clone(), vec![column.name.clone()]].concat();
                found.extend(column.renamed_from.as_ref().map(|old| ("column", path, old)));
            }
        }
        found
    }
}

/// Is it a number and, by itself, the key of a table with rowids?
fn may_be_rowid(table: &Table, column: &Column, is_key: bool) -> bool {
    let is_key = is_key || table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.as_str()]);
    is_key && types::is_integer(&column.type_) && !table.without_rowid
}

/// An enum's name as PostgreSQL reads it, its brackets kept.
fn enum_type(written: &str) -> String {
    let written = written.trim();
    let name = written.trim_end_matches("[]");
    let path: Vec<&str> = name.split('.').collect();
    format!("{}{}", qualified(&path), &written[name.len()..])
}

fn columns(names: &[String]) -> String {
    names.iter().map(|name| identifier(name)).collect::<Vec<_>>().join(", ")
}

fn named(name: &Option<String>) -> String {
    name.as_ref().map(|name| format!("CONSTRAINT {} ", identifier(name))).unwrap_or_default()
}

fn foreign_key(key: &ForeignKey, syntax: Syntax) -> String {
    format!("{}FOREIGN KEY ({}) {}", named(&key.name), columns(&key.columns), references(key, syntax))
}

fn references(key: &ForeignKey, syntax: Syntax) -> String {
    let table = match (syntax, key.table.last()) {
        (Syntax::Sqlite, Some(name)) => identifier(name),
        _ => qualified(&key.table),
    };
    let mut text = format!("REFERENCES {table}");
    if !key.references.is_empty() {
        text.push_str(&format!(" ({})", columns(&key.references)));
    }
    if let Some(action) = &key.on_delete {
        text.push_str(&format!(" ON DELETE {action}"));
    }
    if let Some(action) = &key.on_update {
        text.push_str(&format!(" ON UPDATE {action}"));
    }
    text.push_str(key.deferrable.unwrap_or_default());
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Document, declare, read};
    use crate::database::{Dialect, postgres, sqlite};
    use crate::models::Declared;

    const TOML: &str = r#"
[table.users]
comment = "People"
renamed_from = "people"

[table.users.column]
id         = { type = "uuid", primary_key = true, default = "gen_random_uuid()" }
email      = { type = "varchar(255)", unique = true }
manager_id = { type = "uuid", nullable = true, references = "users.id", on_delete = "set null" }
tags       = { type = "text[]", default = "'{}'" }
status     = { type = "order_status", default = "'pending'" }

[table.users.index]
ix_users_email_lower = { on = ["lower(email)"], unique = true, where = "manager_id IS NULL" }

[enum]
order_status = ["pending", "completed"]
"#;

    fn declared(text: &str, dialect: &'static Dialect) -> Result<Declared, crate::models::ModelError> {
        let (mut document, mut declared) = (Document::default(), Declared::default());
        read(Path::new("m.toml"), text, dialect, &mut document)?;
        declare(&document, dialect, true, &mut declared)?;
        Ok(declared)
    }

    fn texts(dialect: &'static Dialect) -> Vec<String> {
        declared(TOML, dialect).unwrap().statements().into_iter().map(|statement| statement.text).collect()
    }

    #[test]
    fn one_model_serves_postgresql() {
        assert_eq!(
            texts(&postgres::DIALECT),
            [
                "CREATE TYPE order_status AS ENUM ('pending', 'completed')",
                "CREATE TABLE users (\n    id uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,\n    \
                 email varchar(255) NOT NULL UNIQUE,\n    manager_id uuid,\n    tags text[] DEFAULT '{}' NOT NULL,\n    \
                 status order_status DEFAULT 'pending' NOT NULL\n)",
                "ALTER TABLE users ADD FOREIGN KEY (manager_id) REFERENCES users (id) ON DELETE SET NULL",
                "CREATE UNIQUE INDEX ix_users_email_lower ON users (lower(email)) WHERE manager_id IS NULL",
                "COMMENT ON TABLE users IS 'People'",
            ]
        );
    }

    #[test]
    fn the_same_model_serves_sqlite() {
        let texts = texts(&sqlite::DIALECT);
        assert_eq!(texts.len(), 2);
        assert!(texts[0].contains("status text DEFAULT 'pending' NOT NULL CHECK (status IN ('pending', 'completed'))"));
        assert!(texts[0].contains("tags text DEFAULT '[]' NOT NULL"));
        assert!(texts[0].contains("manager_id text REFERENCES users (id) ON DELETE SET NULL,"));
    }

    #[test]
    fn lines_are_kept_for_messages() {
        let declared = declared(TOML, &postgres::DIALECT).unwrap();
        let email = declared.declarations[1].statement.text.find("email").unwrap();
        let (_, line, _) = crate::models::written_at(&declared.declarations[1], email).unwrap();
        assert_eq!(line, 8);
        assert_eq!(declared.renames[0].line, 4);
    }

    #[test]
    fn faults_say_where_and_what_was_meant() {
        for (text, message, line, hint) in [
            ("[tables.x]", "unknown key `tables` in a model file", 1, "did you mean `table`?"),
            ("[table.x.column]\nid = { typ = \"int\" }", "unknown key `typ` in a column", 2, "did you mean `type`?"),
            (
                "[table.x.column]\nid = { type = \"int\", references = \"a.b\", on_delete = \"cascad\" }",
                "table.x.column.id.on_delete can't be `cascad`",
                2,
                "did you mean `cascade`?",
            ),
            (
                "[table.x.column]\nname = \"text\"\n[table.x.index]\nix = [\"lower(name)\", \"nmae desc\"]",
                "the table x has no column nmae",
                4,
                "did you mean `name`?",
            ),
            (
                "[table.x.column]\nid = \"int\"\ny = { type = \"int\", references = \"x.ids\" }",
                "the table x has no column ids",
                3,
                "did you mean `id`?",
            ),
            (
                "[table.users.column]\nid = \"int\"\ny = { type = \"int\", references = \"user.id\" }",
                "no model declares the table user",
                3,
                "did you mean `users`?",
            ),
            (
                "[table.x.column]\nstate = { type = \"text\", default = \"open\" }",
                "table.x.column.state.default is a bare word, which is not a valid default",
                2,
                "a text has quotes of its own: \"'open'\"",
            ),
            ("[table.x]\ncomment = 1", "table.x.comment must be a text, but is a number", 2, ""),
        ] {
            let error = declared(text, &postgres::DIALECT).unwrap_err();
            assert_eq!(error.message, message);
            assert_eq!(error.place.unwrap().line, line);
            assert_eq!(error.hint.unwrap_or_default(), hint);
        }
    }
}

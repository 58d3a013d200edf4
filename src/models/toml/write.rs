//! A catalog as TOML models: what the format can say of it.
//!
//! What it says is no promise: whoever calls loads it into a shadow and compares (`autogenerate::describe`).

use std::collections::BTreeSet;

use super::{expression, types};
use crate::database::Dialect;
use crate::schema::{Catalog, Id, Object, Value};
use crate::sql::Syntax;
use crate::sql::token::{Token, TokenKind, name_of, tokens};

/// Models in TOML, and the objects that they say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// A table, and its text.
    pub tables: Vec<(Id, String)>,
    /// The section of the enums; empty where there are none.
    pub enums: String,
    pub said: BTreeSet<Id>,
}

/// Writes the tables and enums of the catalog, but for those in `left_out`.
pub fn write(catalog: &Catalog, dialect: &Dialect, left_out: &BTreeSet<Id>) -> Written {
    let mut written = Written::default();
    let writer = Writer { catalog, syntax: dialect.syntax, left_out };
    let mut enums = Vec::new();
    for object in catalog.of_kind("enum").filter(|object| !left_out.contains(&object.id)) {
        if let Some(line) = writer.enumeration(object, &mut written.said) {
            enums.push(line);
        }
    }
    for object in catalog.of_kind("table").filter(|object| !left_out.contains(&object.id)) {
        if let Some(text) = writer.table(object, &mut written.said) {
            written.tables.push((object.id.clone(), text));
        }
    }
    // A schema comes with the first name in it.
    let schemas = catalog.of_kind("schema").filter(|schema| schema.id.name() != "public");
    let made: Vec<Id> = schemas
        .filter(|schema| written.said.iter().any(|id| id.path.len() == 2 && id.path.first() == schema.id.path.first()))
        .map(|schema| schema.id.clone())
        .collect();
    written.said.extend(made);
    if !enums.is_empty() {
        written.enums = format!("[enum]\n{}\n", enums.join("\n"));
    }
    written
}

/// A name as TOML models write it: without PostgreSQL's schema `public`.
fn name_of_path(path: &[String]) -> String {
    match path {
        [schema, name] if schema == "public" && !name.contains('.') => name.clone(),
        [name] if !name.contains('.') => name.clone(),
        path if path.iter().any(|part| part.contains('.')) => crate::sql::quote::qualified(path),
        path => path.join("."),
    }
}

struct Writer<'a> {
    catalog: &'a Catalog,
    syntax: Syntax,
    left_out: &'a BTreeSet<Id>,
}

impl Writer<'_> {
    fn name(&self, path: &[String]) -> String {
        name_of_path(path)
    }

    fn comment(&self, object: &Object, said: &mut Vec<Id>) -> Option<String> {
        let comments = self.catalog.children(&object.id);
        let comment = comments
            .into_iter()
            .find(|child| child.id.kind == "comment" && child.id.path.len() == object.id.path.len() + 1)?;
        said.push(comment.id.clone());
        comment.text("text").map(str::to_owned)
    }

    fn enumeration(&self, object: &Object, said: &mut BTreeSet<Id>) -> Option<String> {
        let labels = object.list("labels");
        if labels.is_empty() || object.properties.len() != 1 {
            return None;
        }
        let mut ids = vec![object.id.clone()];
        let values = list(labels);
        let text = match self.comment(object, &mut ids) {
            None => values,
            Some(comment) => format!("{{ values = {values}, comment = {} }}", quoted(&comment)),
        };
        said.extend(ids);
        Some(format!("{} = {text}", key(&self.name(&object.id.path))))
    }

    fn table(&self, table: &Object, all: &mut BTreeSet<Id>) -> Option<String> {
        let options = ["strict", "without_rowid"];
        if table.properties.keys().any(|name| !options.contains(&name)) {
            return None;
        }
        let children = self.catalog.children(&table.id);
        // A partition is made together with what it is a part of, and in the order that keeps their indexes' names.
        if children.iter().any(|child| child.id.kind == "partition") {
            return None;
        }
        let mut said = vec![table.id.clone()];
        let name = key(&self.name(&table.id.path));
        let mut text = format!("[table.{name}]\n");
        if let Some(comment) = self.comment(table, &mut said) {
            text.push_str(&format!("comment = {}\n", quoted(&comment)));
        }
        for option in options.iter().filter(|option| table.flag(option)) {
            text.push_str(&format!("{option} = true\n"));
        }
        let rules: Vec<(&Object, Rule)> = children
            .iter()
            .filter(|child| child.id.kind == "constraint")
            .filter_map(|child| Some((*child, self.rule(child)?)))
            .collect();
        let mut lines: Vec<String> = Vec::new();
        let mut used: BTreeSet<&Id> = BTreeSet::new();
        for column in children.iter().filter(|child| child.id.kind == "column") {
            lines.push(self.column(table, column, &rules, &mut used, &mut said)?);
        }
        let rest: Vec<&(&Object, Rule)> = rules.iter().filter(|(object, _)| !used.contains(&object.id)).collect();
        if let Some((object, Rule::Primary { columns, more })) =
            rest.iter().find(|(_, rule)| matches!(rule, Rule::Primary { .. })).copied()
        {
            let given = self.given_name(table, object, &format!("{}_pkey", table.id.name()));
            text.push_str(&match (given, more.is_empty()) {
                (None, true) => format!("primary_key = {}\n", list(columns)),
                (given, _) => {
                    let name = given.map(|name| format!("name = {}, ", quoted(&name))).unwrap_or_default();
                    format!("primary_key = {{ {name}columns = {}{} }}\n", list(columns), joined(more))
                }
            });
            said.push(object.id.clone());
        }
        if lines.is_empty() {
            return None;
        }
        let (head, sections) = self.constraints(&name, &rest, &mut said);
        text.push_str(&format!("{head}\n[table.{name}.column]\n{}\n{sections}", lines.join("\n")));
        self.indexes(&name, &children, &mut text, &mut said);
        text.push('\n');
        all.extend(said);
        Some(text)
    }

    /// The constraints that no column says: keys of the table itself, and its further sections.
    fn constraints(&self, table: &str, rest: &[&(&Object, Rule)], said: &mut Vec<Id>) -> (String, String) {
        let (mut head, mut sections) = (String::new(), String::new());
        let (mut nameless_uniques, mut uniques) = (Vec::new(), Vec::new());
        let (mut nameless_checks, mut checks, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for (object, rule) in rest {
            // PostgreSQL gives every constraint a name, which may as well be written.
            let postgres = self.syntax == Syntax::Postgres;
            let name = if postgres { Some(object.id.name().to_owned()) } else { self.own_name(object) };
            let (list_of, named) = match rule {
                Rule::Primary { .. } => continue,
                Rule::Unique { .. } => (&mut nameless_uniques, &mut uniques),
                Rule::Check { .. } => (&mut nameless_checks, &mut checks),
                Rule::Foreign { .. } if name.is_none() => continue,
                Rule::Foreign { .. } => (&mut Vec::new(), &mut keys),
            };
            let value = match rule {
                Rule::Primary { .. } => continue,
                Rule::Unique { columns, more } if more.is_empty() => list(columns),
                Rule::Unique { columns, more } => format!("{{ columns = {}{} }}", list(columns), joined(more)),
                Rule::Check { expression } => self.expression(expression),
                Rule::Foreign { columns, table, references, more } => {
                    let to = match references.is_empty() {
                        true => self.name(table),
                        false => format!("{}({})", self.name(table), references.join(", ")),
                    };
                    format!("{{ columns = {}, references = {}{} }}", list(columns), quoted(&to), joined(more))
                }
            };
            match name {
                Some(name) => named.push((object, format!("{} = {value}", key(&name)))),
                None => list_of.push((object, value)),
            }
        }
        // A table of names and a list of the nameless can't both be there.
        for (what, list_of, named) in [
            ("unique", nameless_uniques, uniques),
            ("check", nameless_checks, checks),
            ("foreign_key", Vec::new(), keys),
        ] {
            if !named.is_empty() {
                let lines: Vec<&str> = named.iter().map(|(_, line)| line.as_str()).collect();
                sections.push_str(&format!("\n[table.{table}.{what}]\n{}\n", lines.join("\n")));
                said.extend(named.iter().map(|(object, _)| object.id.clone()));
            } else if !list_of.is_empty() {
                let values: Vec<&str> = list_of.iter().map(|(_, value)| value.as_str()).collect();
                head.push_str(&format!("{what} = [{}]\n", values.join(", ")));
                said.extend(list_of.iter().map(|(object, _)| object.id.clone()));
            }
        }
        (head, sections)
    }

    /// An expression as a TOML value; where the other database would have it otherwise, for this one alone.
    fn expression(&self, written: &str) -> String {
        self.value(written, |text| expression::any(text, self.syntax))
    }

    fn value(&self, written: &str, spelled: impl Fn(&str) -> String) -> String {
        let here = spelled(written);
        if here == written || !written.contains(['\'', '"']) && here.eq_ignore_ascii_case(written) {
            return quoted(written);
        }
        let dialect = if self.syntax == Syntax::Postgres { "postgresql" } else { "sqlite" };
        format!("{{ {dialect} = {} }}", quoted(written))
    }

    fn column<'o>(
        &self,
        table: &Object,
        column: &Object,
        rules: &'o [(&'o Object, Rule)],
        used: &mut BTreeSet<&'o Id>,
        said: &mut Vec<Id>,
    ) -> Option<String> {
        const KNOWN: &[&str] =
            &["type", "not_null", "collation", "collate", "generated", "virtual", "stored", "identity", "default"];
        if column.properties.keys().any(|name| !KNOWN.contains(&name)) {
            return None;
        }
        if matches!(column.properties.get("not_null"), Some(Value::Text(_))) {
            return None;
        }
        said.push(column.id.clone());
        let type_ = column.text("type").filter(|type_| !type_.is_empty())?;
        let default = self.default(column, type_, said)?;
        let serial = default.as_deref().and_then(|default| self.serial(column, type_, default));
        if serial.is_some() {
            said.extend(self.counter(column));
        }
        let shown = serial.map_or_else(|| self.type_name(type_), str::to_owned);
        let key_alone = rules.iter().find(|(object, rule)| {
            matches!(rule, Rule::Primary { columns, more } if more.is_empty() && columns.as_slice() == [column.id.name().to_owned()])
                && self.given_name(table, object, &format!("{}_pkey", table.id.name())).is_none()
        });
        // As `ddl` has it: the rowid stands for an integer key.
        let is_rowid = key_alone.is_some()
            && self.syntax == Syntax::Sqlite
            && types::is_integer(&shown)
            && !table.flag("without_rowid");
        let type_here = |text: &str| match is_rowid {
            true => "integer".to_owned(),
            false => types::spelled(text, self.syntax, table.flag("strict")),
        };
        let mut parts = vec![format!("type = {}", self.value(&shown, type_here))];
        let in_key = rules.iter().any(|(_, rule)| matches!(rule, Rule::Primary { columns, .. } if columns.iter().any(|name| name == column.id.name())));
        if let Some((object, _)) = key_alone {
            parts.push("primary_key = true".to_owned());
            if object.known.get("autoincrement") == Some(&Value::Flag(true)) {
                parts.push("autoincrement = true".to_owned());
            }
            used.insert(&object.id);
            said.push(object.id.clone());
        }
        let is_generated = column.text("generated").is_some();
        let is_key = in_key && self.syntax == Syntax::Postgres;
        if !(column.flag("not_null") || is_generated || is_key) {
            parts.push("nullable = true".to_owned());
        }
        if let Some(identity) = column.text("identity") {
            match identity.to_ascii_uppercase().as_str() {
                "ALWAYS" | "A" => parts.push("identity = \"always\"".to_owned()),
                "BY DEFAULT" | "D" => parts.push("identity = true".to_owned()),
                _ => return None,
            }
        }
        if let Some(generated) = column.text("generated") {
            parts.push(format!("generated = {}", self.expression(generated)));
            if column.flag("virtual") || self.syntax == Syntax::Sqlite && !column.flag("stored") {
                parts.push("virtual = true".to_owned());
            }
            if column.flag("not_null") {
                return None;
            }
        }
        if let Some(collation) = column.text("collation").or(column.text("collate")) {
            let bare = collation.strip_prefix("pg_catalog.").unwrap_or(collation).trim_matches('"');
            parts.push(format!("collate = {}", quoted(bare)));
        }
        if let Some(default) = default.filter(|_| serial.is_none()) {
            let is_array = types::is_array(&shown);
            let value = self.value(&default, |text| expression::default(text, self.syntax, is_array));
            let plain = default.parse::<i64>().is_ok() || matches!(default.as_str(), "true" | "false");
            parts.push(format!("default = {}", if plain && value.starts_with('"') { default } else { value }));
        }
        for (object, rule) in rules {
            let own = [column.id.name().to_owned()];
            match rule {
                Rule::Unique { columns, more }
                    if columns.as_slice() == own && more.is_empty() && self.own_name(object).is_none() =>
                {
                    if parts.iter().any(|part| part == "unique = true") {
                        continue;
                    }
                    parts.push("unique = true".to_owned());
                }
                Rule::Foreign { columns, table: to, references, more }
                    if columns.as_slice() == own && self.own_name(object).is_none() && references.len() == 1 =>
                {
                    if parts.iter().any(|part| part.starts_with("references")) {
                        continue;
                    }
                    let column = references.first().cloned().unwrap_or_default();
                    parts.push(format!(
                        "references = {}{}",
                        quoted(&format!("{}.{column}", self.name(to))),
                        joined(more)
                    ));
                }
                Rule::Check { expression }
                    if self.own_name(object).is_none() && names(expression, &own, self.syntax) =>
                {
                    if parts.iter().any(|part| part.starts_with("check")) {
                        continue;
                    }
                    parts.push(format!("check = {}", self.expression(expression)));
                }
                _ => continue,
            }
            used.insert(&object.id);
            said.push(object.id.clone());
        }
        if let Some(comment) = self.comment(column, said) {
            parts.push(format!("comment = {}", quoted(&comment)));
        }
        let value = match parts.as_slice() {
            [one] if one.starts_with("type = \"") => one.trim_start_matches("type = ").to_owned(),
            parts => format!("{{ {} }}", parts.join(", ")),
        };
        Some(format!("{} = {value}", key(column.id.name())))
    }

    /// The column's default, None inside if there is none; None if it can't be said here.
    #[allow(clippy::option_option)]
    fn default(&self, column: &Object, type_: &str, said: &mut Vec<Id>) -> Option<Option<String>> {
        if let Some(default) = column.text("default") {
            return Some(Some(default.to_owned()));
        }
        let children = self.catalog.children(&column.id);
        let Some(default) = children.iter().find(|child| child.id.kind == "default") else { return Some(None) };
        let text = default.text("definition").filter(|_| default.properties.len() == 1)?;
        said.push(default.id.clone());
        // The cast to the column's own type says nothing.
        let bare = type_.split('(').next().unwrap_or(type_);
        let casts = [format!("::{type_}"), format!("::{bare}")];
        let short =
            casts.iter().find_map(|cast| text.strip_suffix(cast.as_str())).filter(|text| text.starts_with('\''));
        Some(Some(short.unwrap_or(text).to_owned()))
    }

    /// `serial` and its like, where the default counts by a sequence of the name that it would have.
    fn serial(&self, column: &Object, type_: &str, default: &str) -> Option<&'static str> {
        let word = match type_ {
            "integer" => "serial",
            "bigint" => "bigserial",
            "smallint" => "smallserial",
            _ => return None,
        };
        let [_, table, name] = column.id.path.as_ref() else { return None };
        let own = format!("{table}_{name}_seq");
        (default.starts_with("nextval(") && default.contains(&own) && column.flag("not_null")).then_some(word)
    }

    /// The sequence that a serial column makes for itself.
    fn counter(&self, column: &Object) -> Option<Id> {
        let [schema, table, name] = column.id.path.as_ref() else { return None };
        Some(Id::new("sequence", [schema.clone(), format!("{table}_{name}_seq")]))
    }

    fn type_name(&self, type_: &str) -> String {
        if self.syntax == Syntax::Sqlite {
            return type_.to_owned();
        }
        let type_ = type_.strip_prefix("public.").unwrap_or(type_);
        let (base, rest) = type_.split_at(type_.find(['(', '[']).unwrap_or(type_.len()));
        match base {
            "character varying" => format!("varchar{rest}"),
            "character" => format!("char{rest}"),
            "timestamp with time zone" => format!("timestamptz{rest}"),
            "timestamp without time zone" => format!("timestamp{rest}"),
            "time without time zone" => format!("time{rest}"),
            _ => type_.to_owned(),
        }
    }

    /// The constraint's name, where somebody gave it one.
    fn own_name(&self, object: &Object) -> Option<String> {
        let name = object.id.name();
        if self.syntax == Syntax::Sqlite {
            let unnamed = object.text("definition") == Some(name) || name == "primary key";
            return (!unnamed).then(|| name.to_owned());
        }
        let table = object.parent.as_ref().map_or("", |table| table.name());
        let chosen = match self.rule(object)? {
            Rule::Primary { .. } => format!("{table}_pkey"),
            Rule::Unique { columns, .. } => format!("{table}_{}_key", columns.join("_")),
            Rule::Foreign { columns, .. } => format!("{table}_{}_fkey", columns.join("_")),
            Rule::Check { expression } => {
                let columns = self.catalog.children(object.parent.as_ref()?);
                let mut named = columns
                    .iter()
                    .filter(|column| column.id.kind == "column")
                    .filter(|column| names_any(&expression, column.id.name(), self.syntax));
                match (named.next(), named.next()) {
                    (Some(only), None) => format!("{table}_{}_check", only.id.name()),
                    _ => format!("{table}_check"),
                }
            }
        };
        (name != chosen).then(|| name.to_owned())
    }

    fn given_name(&self, _: &Object, object: &Object, chosen: &str) -> Option<String> {
        match self.syntax {
            Syntax::Sqlite => self.own_name(object),
            Syntax::Postgres => (object.id.name() != chosen).then(|| object.id.name().to_owned()),
        }
    }

    fn rule(&self, object: &Object) -> Option<Rule> {
        if object.properties.keys().any(|name| name != "definition" && name != "type") {
            return None;
        }
        let rule = rule(object.text("definition")?, self.syntax)?;
        if let Rule::Foreign { table, .. } = &rule {
            let to = Id::new("table", table.iter().cloned());
            if self.left_out.contains(&to) {
                return None;
            }
        }
        Some(rule)
    }

    fn indexes(&self, table: &str, children: &[&Object], text: &mut String, said: &mut Vec<Id>) {
        let mut lines = Vec::new();
        for object in children.iter().filter(|child| child.id.kind == "index") {
            let mut ids = vec![object.id.clone()];
            if let Some(line) = self.index(object, &mut ids) {
                lines.push(format!("{} = {line}", key(object.id.name())));
                said.extend(ids);
            }
        }
        if !lines.is_empty() {
            text.push_str(&format!("\n[table.{table}.index]\n{}\n", lines.join("\n")));
        }
    }

    fn index(&self, object: &Object, said: &mut Vec<Id>) -> Option<String> {
        if object.properties.keys().any(|name| name != "definition" && name != "unique") {
            return None;
        }
        let definition = object.text("definition")?;
        let solid: Vec<Token> = tokens(definition, self.syntax).filter(Token::is_solid).collect();
        let word = |at: usize, word: &str| solid.get(at).is_some_and(|token| token.is_word(definition, word));
        let unique = object.flag("unique") || word(1, "UNIQUE");
        let on = solid.iter().position(|token| token.is_word(definition, "ON"))?;
        let open = on + solid.get(on..)?.iter().position(|token| token.is_mark(definition, '('))?;
        let using = solid.get(on..open)?.iter().position(|token| token.is_word(definition, "USING"));
        let method = using.and_then(|at| solid.get(on + at + 1)).map(|token| token.text(definition).to_owned());
        let (parts, mut at) = in_parentheses(definition, &solid, open)?;
        let mut more = Vec::new();
        if unique {
            more.push("unique = true".to_owned());
        }
        more.extend(method.filter(|method| method != "btree").map(|method| format!("using = {}", quoted(&method))));
        if word(at, "INCLUDE") {
            let (columns, next) = in_parentheses(definition, &solid, at + 1)?;
            more.push(format!(
                "include = {}",
                list(&columns.iter().map(|name| unquoted(name, self.syntax)).collect::<Vec<_>>())
            ));
            at = next;
        }
        if word(at, "NULLS") && word(at + 1, "NOT") && word(at + 2, "DISTINCT") {
            more.push("nulls_not_distinct = true".to_owned());
            at += 3;
        }
        if word(at, "WHERE") {
            let predicate = definition.get(solid.get(at)?.end..)?.trim();
            more.push(format!("where = {}", self.expression(bare(predicate, self.syntax))));
        } else if at != solid.len() {
            return None;
        }
        let parts: Vec<String> = parts.iter().map(|part| unquoted(part, self.syntax)).collect();
        if let Some(comment) = self.comment(object, said) {
            more.push(format!("comment = {}", quoted(&comment)));
        }
        Some(match more.is_empty() {
            true => list(&parts),
            false => format!("{{ on = {}, {} }}", list(&parts), more.join(", ")),
        })
    }
}

/// Returns the columns of a primary key or unique constraint, from its definition.
pub fn key_columns(definition: &str, syntax: Syntax) -> Option<Vec<String>> {
    match rule(definition, syntax)? {
        Rule::Primary { columns, .. } | Rule::Unique { columns, .. } => Some(columns),
        _ => None,
    }
}

/// Returns the columns of a foreign key and the table that it refers to, from its definition.
pub fn reference(definition: &str, syntax: Syntax) -> Option<(Vec<String>, Vec<String>)> {
    match rule(definition, syntax)? {
        Rule::Foreign { columns, table, .. } => Some((columns, table)),
        _ => None,
    }
}

/// What a constraint demands; `more` are further keys of its TOML table.
enum Rule {
    Primary { columns: Vec<String>, more: Vec<String> },
    Unique { columns: Vec<String>, more: Vec<String> },
    Check { expression: String },
    Foreign { columns: Vec<String>, table: Vec<String>, references: Vec<String>, more: Vec<String> },
}

fn rule(definition: &str, syntax: Syntax) -> Option<Rule> {
    let solid: Vec<Token> = tokens(definition, syntax).filter(Token::is_solid).collect();
    let word = |at: usize, word: &str| solid.get(at).is_some_and(|token| token.is_word(definition, word));
    let names = |at: usize| -> Option<(Vec<String>, usize)> {
        let (parts, next) = in_parentheses(definition, &solid, at)?;
        let plain = parts.iter().all(|part| tokens(part, syntax).filter(Token::is_solid).count() == 1);
        plain.then(|| (parts.iter().map(|part| unquoted(part, syntax)).collect(), next))
    };
    if word(0, "PRIMARY") {
        let (columns, at) = names(2)?;
        // SQLite's AUTOINCREMENT is known of the constraint besides.
        let at = if word(at, "AUTOINCREMENT") { at + 1 } else { at };
        return Some(Rule::Primary { columns, more: deferrable(definition, &solid, at)? });
    }
    if word(0, "UNIQUE") {
        let distinct = word(1, "NULLS") && word(2, "NOT") && word(3, "DISTINCT");
        let (columns, at) = names(if distinct { 4 } else { 1 })?;
        let mut more = deferrable(definition, &solid, at)?;
        if distinct {
            more.push("nulls_not_distinct = true".to_owned());
        }
        return Some(Rule::Unique { columns, more });
    }
    if word(0, "CHECK") {
        let open = solid.get(1)?;
        let text = definition.get(open.start..)?;
        return expression::closes_at_end(text, syntax).then(|| Rule::Check {
            expression: bare(text.get(1..text.len() - 1).unwrap_or_default(), syntax).to_owned(),
        });
    }
    if word(0, "FOREIGN") {
        let (columns, at) = names(2)?;
        let mut at = at + 1;
        let mut table = Vec::new();
        loop {
            table.push(name_of(solid.get(at)?.text(definition), syntax));
            at += 1;
            match solid.get(at).is_some_and(|token| token.is_mark(definition, '.')) {
                true => at += 1,
                false => break,
            }
        }
        let (references, mut at) = names(at).unwrap_or((Vec::new(), at));
        let mut more = Vec::new();
        while word(at, "ON") {
            let event = solid.get(at + 1)?.text(definition).to_ascii_lowercase();
            let two = word(at + 2, "SET") || word(at + 2, "NO");
            let action: Vec<String> = solid
                .get(at + 2..at + 3 + usize::from(two))?
                .iter()
                .map(|token| token.text(definition).to_ascii_lowercase())
                .collect();
            more.push(format!("on_{event} = {}", quoted(&action.join(" "))));
            at += 3 + usize::from(two);
        }
        more.extend(deferrable(definition, &solid, at)?);
        return Some(Rule::Foreign { columns, table, references, more });
    }
    None
}

/// What may stand at the end of a constraint; None for anything else.
fn deferrable(definition: &str, solid: &[Token], at: usize) -> Option<Vec<String>> {
    let words: Vec<String> = solid.get(at..)?.iter().map(|token| token.text(definition).to_ascii_uppercase()).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Some(Vec::new()),
        ["DEFERRABLE"] => Some(vec!["deferrable = true".to_owned()]),
        ["DEFERRABLE", "INITIALLY", "DEFERRED"] => Some(vec!["deferrable = \"initially deferred\"".to_owned()]),
        _ => None,
    }
}

/// The parts between commas in the parentheses that open at token `open`, and the token after them.
fn in_parentheses(text: &str, solid: &[Token], open: usize) -> Option<(Vec<String>, usize)> {
    solid.get(open).filter(|token| token.is_mark(text, '('))?;
    let mut depth = 0usize;
    let mut parts = Vec::new();
    let mut start = solid.get(open)?.end;
    for (at, token) in solid.iter().enumerate().skip(open) {
        if token.is_mark(text, '(') || token.is_mark(text, '[') {
            depth += 1;
        } else if token.is_mark(text, ')') || token.is_mark(text, ']') {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                parts.push(text.get(start..token.start)?.trim().to_owned());
                return Some((parts, at + 1));
            }
        } else if token.is_mark(text, ',') && depth == 1 {
            parts.push(text.get(start..token.start)?.trim().to_owned());
            start = token.end;
        }
    }
    None
}

/// Without the parentheses around it.
fn bare(text: &str, syntax: Syntax) -> &str {
    let text = text.trim();
    match text.starts_with('(') && expression::closes_at_end(text, syntax) {
        true => text.get(1..text.len() - 1).unwrap_or_default().trim(),
        false => text,
    }
}

/// A name without its quotes; anything else as it is.
fn unquoted(part: &str, syntax: Syntax) -> String {
    let mut solid = tokens(part, syntax).filter(Token::is_solid);
    match (solid.next(), solid.next()) {
        (Some(token), None) if matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) => {
            name_of(part.trim(), syntax)
        }
        _ => part.to_owned(),
    }
}

fn names(expression: &str, all: &[String], syntax: Syntax) -> bool {
    all.iter().all(|name| names_any(expression, name, syntax))
}

fn names_any(expression: &str, name: &str, syntax: Syntax) -> bool {
    tokens(expression, syntax)
        .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName))
        .any(|token| name_of(token.text(expression), syntax) == name)
}

fn joined(more: &[String]) -> String {
    more.iter().map(|part| format!(", {part}")).collect()
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", "))
}

/// A key of TOML, bare where it can be.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { name.to_owned() } else { quoted(name) }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

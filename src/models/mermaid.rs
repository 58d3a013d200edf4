//! A catalog as an entity-relationship diagram in Mermaid's language.
//!
//! Source: mermaid.js.org, "Entity Relationship Diagrams".

use std::collections::BTreeSet;

use super::toml::write::{key_columns, reference};
use crate::database::Dialect;
use crate::schema::{Catalog, Object};
use crate::sql::split::leading_words;

/// Returns the diagram of the catalog's tables, their columns and foreign keys.
pub fn diagram(catalog: &Catalog, dialect: &Dialect) -> String {
    let mut text = "erDiagram\n".to_owned();
    let mut lines = String::new();
    for table in catalog.of_kind("table") {
        let children = catalog.children(&table.id);
        let constraints: Vec<&str> = children
            .iter()
            .filter(|child| child.id.kind == "constraint")
            .filter_map(|child| child.text("definition"))
            .collect();
        let of = |word: &str| -> Vec<&str> {
            let begins =
                |text: &&str| leading_words(text, dialect.syntax, 1).first().is_some_and(|first| first == word);
            constraints.iter().copied().filter(begins).collect()
        };
        let columns_of = |texts: Vec<&str>| -> BTreeSet<String> {
            texts.into_iter().filter_map(|text| key_columns(text, dialect.syntax)).flatten().collect()
        };
        let primary = columns_of(of("PRIMARY"));
        let alone = |columns: &Vec<String>| columns.len() == 1;
        let uniques = of("UNIQUE").into_iter().filter_map(|text| key_columns(text, dialect.syntax)).filter(alone);
        let unique: BTreeSet<String> = uniques.flatten().collect();
        let references: Vec<_> = of("FOREIGN").into_iter().filter_map(|text| reference(text, dialect.syntax)).collect();
        let foreign: BTreeSet<&String> = references.iter().flat_map(|(columns, _)| columns).collect();
        let name = entity(&table.id.path);
        text.push_str(&format!("    {name} {{\n"));
        let columns: Vec<&&Object> = children.iter().filter(|child| child.id.kind == "column").collect();
        for column in &columns {
            let own = column.id.name().to_owned();
            let marks = [(primary.contains(&own), "PK"), (foreign.contains(&own), "FK"), (unique.contains(&own), "UK")];
            let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
            let marks = if marks.is_empty() { String::new() } else { format!(" {}", marks.join(", ")) };
            let type_ = column.text("type").filter(|type_| !type_.is_empty()).unwrap_or("any");
            text.push_str(&format!("        {} {}{marks}\n", word(type_), word(&own)));
        }
        text.push_str("    }\n");
        for (own, other) in references {
            let optional = own.iter().any(|name| {
                columns.iter().any(|column| column.id.name() == name && !column.properties.contains_key("not_null"))
            });
            let is_key = own.iter().cloned().collect::<BTreeSet<_>>() == primary
                || own.len() == 1 && own.iter().all(|name| unique.contains(name));
            let many = if is_key { "|o" } else { "}o" };
            let one = if optional { "o|" } else { "||" };
            lines.push_str(&format!(
                "    {name} {many}--{one} {} : \"{}\"\n",
                entity(&other),
                own.join(", ").replace('"', "'")
            ));
        }
    }
    text + &lines
}

fn entity(path: &[String]) -> String {
    let path = match path {
        [schema, name] if schema == "public" => std::slice::from_ref(name),
        path => path,
    };
    let name = path.join(".");
    let plain =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain { name } else { format!("\"{}\"", name.replace('"', "'")) }
}

/// A type or a name as Mermaid takes it: without blanks, commas and quotes.
fn word(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '(' | ')' | '[' | ']');
    let word: String = text.replace(", ", "_").chars().map(|c| if fits(c) { c } else { '_' }).collect();
    if word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') { word } else { format!("_{word}") }
}

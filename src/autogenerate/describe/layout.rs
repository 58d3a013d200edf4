//! Which file a table's models are in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::root;
use crate::autogenerate::script::{self, Style};
use crate::database::Dialect;
use crate::models::toml::write::Written;
use crate::schema::plan::{Plan, Step};
use crate::schema::{Catalog, Id};

/// How models are divided into files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// All in schema.toml and schema.sql.
    #[default]
    One,
    /// A file for each table, in the folder of its schema unless that is `public`.
    Table,
    /// A folder for each schema.
    Schema,
}

/// The name without an extension of the files for what belongs to no table.
const COMMON: &str = "schema";

/// Returns the files, by path, as `check` reads them.
pub fn files(
    layout: Layout,
    catalog: &Catalog,
    written: &Written,
    rest: &Plan,
    dialect: &Dialect,
) -> Vec<(String, String)> {
    let mut names = Names { layout, taken: BTreeSet::from([COMMON.to_owned()]), given: BTreeMap::new() };
    let mut tables: BTreeMap<String, String> = BTreeMap::new();
    let mut steps: BTreeMap<String, Vec<Step>> = BTreeMap::new();
    for (id, text) in &written.tables {
        tables.entry(names.of(id)).or_default().push_str(text);
    }
    if !written.enums.is_empty() {
        tables.entry(COMMON.to_owned()).or_default().push_str(&written.enums);
    }
    // What makes partitions and their indexes keeps its order.
    let partitions = catalog.of_kind("partition");
    let ordered = partitions.flat_map(|link| link.parent.iter().cloned().chain(link.depends_on.iter().cloned()));
    let ordered: BTreeSet<Id> = ordered.collect();
    for step in &rest.steps {
        let table = root(&step.id, catalog);
        let name = if ordered.contains(&table) { COMMON.to_owned() } else { names.of(&table) };
        steps.entry(name).or_default().push(step.clone());
    }
    let sql = steps.into_iter().map(|(name, steps)| {
        let plan = Plan { steps, ..Plan::default() };
        (format!("{name}.sql"), script::script(&[], &plan, &[], dialect, Style::default()).text)
    });
    let tables = tables.into_iter().map(|(name, text)| (format!("{name}.toml"), text));
    let mut files: Vec<(String, String)> = tables.chain(sql).filter(|(_, text)| !text.trim().is_empty()).collect();
    for (_, text) in files.iter_mut().filter(|(_, text)| !text.ends_with('\n')) {
        text.push('\n');
    }
    // By folder, as they are read.
    files.sort_by_key(|(path, _)| PathBuf::from(path));
    files
}

struct Names {
    layout: Layout,
    /// In lower case: not every file system tells `Users` from `users`.
    taken: BTreeSet<String>,
    given: BTreeMap<Id, String>,
}

impl Names {
    /// Returns the name of the file for a table, or for what is in its schema, without an extension.
    fn of(&mut self, id: &Id) -> String {
        let (schema, own) = match id.path.as_ref() {
            [schema, name] => (Some(schema.as_str()), name.as_str()),
            [name] => (None, name.as_str()),
            _ => return COMMON.to_owned(),
        };
        match self.layout {
            Layout::One => COMMON.to_owned(),
            Layout::Schema => schema.map_or(COMMON.to_owned(), |schema| format!("{}/{COMMON}", plain(schema))),
            Layout::Table if id.kind != "table" => COMMON.to_owned(),
            Layout::Table => {
                if let Some(name) = self.given.get(id) {
                    return name.clone();
                }
                let folder = schema.filter(|schema| *schema != "public").map(|schema| format!("{}/", plain(schema)));
                let wanted = format!("{}{}", folder.unwrap_or_default(), plain(own));
                let mut name = wanted.clone();
                let mut number = 2;
                while !self.taken.insert(name.to_lowercase()) {
                    name = format!("{wanted}_{number}");
                    number += 1;
                }
                self.given.insert(id.clone(), name.clone());
                name
            }
        }
    }
}

/// Returns a name that every file system takes and that is not hidden, whatever the database's is.
fn plain(name: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
    let plain: String = name.chars().map(letter).take(60).collect();
    if plain.is_empty() { "_".to_owned() } else { plain }
}

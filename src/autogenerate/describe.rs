//! A catalog as model files: TOML for the tables and enums that it can express, SQL for the rest, loaded and compared.

mod layout;

use std::collections::{BTreeMap, BTreeSet};

use super::{AutogenerateError, NotProved, strangers};
use crate::config::Config;
use crate::database::Database;
use crate::models::files;
use crate::models::toml::write;
use crate::schema::plan::{Action, Plan, plan};
use crate::schema::{Catalog, Id, explain};
use crate::source::{self, Loaded};

pub use layout::Layout;

/// Models that build a catalog.
#[derive(Clone, Debug, Default)]
pub struct Models {
    /// Paths inside the folder of the models, and texts, in the order in which they are read.
    pub files: Vec<(String, String)>,
    /// The tables and enums that a first try in TOML did not build as they are, and how it showed.
    pub not_in_toml: BTreeMap<Id, String>,
    /// What the files don't build as it is.
    pub unproved: Option<NotProved>,
}

impl Models {
    /// Returns the text of all files with this extension.
    pub fn text(&self, extension: &str) -> String {
        let suffix = format!(".{extension}");
        let texts = self.files.iter().filter(|(path, _)| path.ends_with(&suffix)).map(|(_, text)| text.as_str());
        texts.collect::<Vec<_>>().join("\n")
    }
}

/// Returns models that build `catalog`; `database` knows how its engine spells things.
///
/// The files are loaded as `check` loads them, and compared. What differs then is moved from TOML to SQL, table by table;
/// if that differs too, everything is written in SQL, with what still differs in `unproved`.
///
/// # Errors
/// `Strangers` for somebody else's code in it; a shadow that can't be had or read.
pub fn describe(
    database: &mut dyn Database,
    catalog: &Catalog,
    config: &Config,
    layout: Layout,
) -> Result<Models, AutogenerateError> {
    let empty = source::empty(database, config)?;
    strangers::refuse(catalog.objects(), &empty, config)?;
    let mut models = Models::default();
    let mut in_sql: BTreeSet<Id> = BTreeSet::new();
    for attempt in [Attempt::Everything, Attempt::WithoutDifferences, Attempt::Sql] {
        if attempt == Attempt::Sql {
            in_sql.extend(["table", "enum"].into_iter().flat_map(|kind| catalog.of_kind(kind)).map(|it| it.id.clone()));
        }
        let (written, rest) = divided(database, catalog, &empty, &mut in_sql);
        models.files = layout::files(layout, catalog, &written, &rest, database.dialect());
        let (differing, fault) = differences(database, catalog, &models, config)?;
        models.unproved = fault;
        if models.unproved.is_none() {
            break;
        }
        for (id, line) in differing.into_iter().filter(|(id, _)| written.said.contains(id)) {
            in_sql.insert(id.clone());
            models.not_in_toml.insert(id, line);
        }
    }
    Ok(models)
}

/// How much is tried in TOML.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    Everything,
    WithoutDifferences,
    Sql,
}

/// Returns what is written in TOML, and the plan that adds the rest; what that would have to change joins `in_sql`.
fn divided(
    database: &dyn Database,
    catalog: &Catalog,
    empty: &Catalog,
    in_sql: &mut BTreeSet<Id>,
) -> (write::Written, Plan) {
    let dialect = database.dialect();
    loop {
        let written = write::write(catalog, dialect, in_sql);
        let said = catalog.shared().iter().filter(|object| written.said.contains(&object.id)).cloned();
        let said: Catalog = empty.shared().iter().cloned().chain(said).collect();
        let rest = plan(&said, catalog, dialect.kinds);
        let changed = rest.steps.iter().filter(|step| step.action != Action::Create).map(|step| &step.id);
        let changed = changed.chain(rest.refused.iter().map(|refusal| &refusal.id)).map(|id| root(id, catalog));
        let before = in_sql.len();
        in_sql.extend(changed.filter(|id| written.said.contains(id)).collect::<Vec<_>>());
        if in_sql.len() == before {
            return (written, rest);
        }
    }
}

/// Loads the models and returns what differs from the catalog: the tables and enums, each with its first difference, and
/// the fault as a whole.
fn differences(
    database: &mut dyn Database,
    catalog: &Catalog,
    models: &Models,
    config: &Config,
) -> Result<(BTreeMap<Id, String>, Option<NotProved>), AutogenerateError> {
    let dialect = database.dialect();
    let declared = files::of_texts(&models.files, dialect).map_err(source::SourceError::from)?;
    let environment_fingerprint = database.environment_fingerprint()?;
    let (refused, shadowed) =
        match source::in_shadow(database, &declared.statements(), config, &environment_fingerprint)? {
            Loaded::Whole(shadowed) => (None, shadowed),
            Loaded::Partly { refused, shadowed } => (refused.into_iter().next(), shadowed),
        };
    let built = &shadowed.reading.catalog;
    let rest = plan(built, catalog, dialect.kinds);
    if refused.is_none() && rest.is_empty() {
        return Ok((BTreeMap::new(), None));
    }
    let mut differing: BTreeMap<Id, String> = BTreeMap::new();
    for difference in &rest.differences {
        let home = root(&difference.id, if catalog.contains(&difference.id) { catalog } else { built });
        // A foreign key to a table that did not load is missing because of that table alone.
        let of_another = |id: &Id| {
            let other = root(id, catalog);
            other != home && !built.contains(&other)
        };
        let needs = catalog.get(&difference.id).is_some_and(|object| object.depends_on.iter().any(of_another));
        if built.contains(&home) && needs {
            continue;
        }
        differing.entry(home).or_insert_with(|| explain::line(difference));
    }
    let statement = refused.as_ref().and_then(|(at, _)| Some(declared.declarations.get(*at)?.statement.text.clone()));
    let error = refused.map(|(_, error)| error);
    let what = match &error {
        Some(error) => format!("the schema can't be written as models: {}", error.message),
        None => "the schema can't be written as models: what they build differs from it".to_owned(),
    };
    let lines = rest.differences.iter().map(explain::line).collect();
    Ok((differing, Some(NotProved { what, statement, error, differences: lines })))
}

/// The table or enum that an object belongs to, or itself.
fn root(id: &Id, catalog: &Catalog) -> Id {
    let mut at = id;
    while let Some(parent) = catalog.get(at).and_then(|object| object.parent.as_ref()) {
        at = parent;
    }
    at.clone()
}

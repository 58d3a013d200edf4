//! A catalog as models: TOML for what it can say, SQL for the rest, proved to build the same.

use std::collections::BTreeSet;

use super::script::{self, Style};
use super::{AutogenerateError, NotProved, strangers};
use crate::config::Config;
use crate::database::Database;
use crate::models::toml::{self, write};
use crate::models::{Declaration, Declared};
use crate::schema::plan::{Action, plan};
use crate::schema::{Catalog, Id, explain};
use crate::source;
use crate::sql::Origin;

/// How often what TOML turned out not to say is moved to SQL before giving up.
const ATTEMPTS: usize = 12;

/// Models that build a catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Models {
    pub toml: String,
    /// What TOML can't say, as the database's own DDL; empty if it says all.
    pub sql: String,
}

/// Returns models that build `catalog`; `database` says how its engine spells things.
///
/// # Errors
/// `Strangers` for somebody else's code in it; `NotProved` when no division between TOML and SQL builds the same again.
pub fn describe(database: &mut dyn Database, catalog: &Catalog, config: &Config) -> Result<Models, AutogenerateError> {
    let dialect = database.dialect();
    let empty = source::empty(database, config)?;
    strangers::refuse(catalog.objects(), &empty, config)?;
    let mut left_out: BTreeSet<Id> = BTreeSet::new();
    let mut last = NotProved {
        what: "the schema can't be written as models in TOML; print it with `--format sql`".to_owned(),
        statement: None,
        error: None,
        differences: Vec::new(),
    };
    for _ in 0..ATTEMPTS {
        let written = write::write(catalog, dialect, &left_out);
        let said = catalog.objects().filter(|object| written.said.contains(&object.id)).cloned();
        let said: Catalog = empty.objects().cloned().chain(said).collect();
        let rest = plan(&said, catalog, dialect.kinds);
        // What was said is there already, and must not have to be changed.
        let changed = rest.steps.iter().filter(|step| step.action != Action::Create);
        let mut altered: Vec<Id> = changed.map(|step| root(&step.id, catalog)).collect();
        altered.extend(rest.refused.iter().map(|refusal| root(&refusal.id, catalog)));
        altered.retain(|id| !left_out.contains(id) && written.said.contains(id));
        if !altered.is_empty() {
            left_out.extend(altered);
            continue;
        }
        let sql = script::script(&[], &rest, &[], dialect, Style::default());
        let mut declared = Declared::default();
        let mut document = toml::Document::default();
        toml::read(std::path::Path::new("schema.toml"), &written.text, dialect, &mut document)
            .and_then(|()| toml::declare(&document, dialect, false, &mut declared))
            .map_err(source::SourceError::from)?;
        let from_toml = declared.declarations.len();
        declared
            .declarations
            .extend(rest.statements().into_iter().map(|statement| Declaration { statement, lines: Vec::new() }));
        let environment_fingerprint = database.environment_fingerprint()?;
        let more = match source::in_shadow(database, &declared.statements(), config, &environment_fingerprint)? {
            source::Loaded::Refused { at, error } => {
                let failed = declared.declarations.get(at);
                last.statement = failed.map(|declaration| declaration.statement.text.clone());
                last.what = format!("the schema can't be written as models: {}", error.message);
                last.error = Some(error);
                if at < from_toml {
                    failed.and_then(|declaration| made_by(declaration, &written.text, catalog))
                } else {
                    None
                }
                .into_iter()
                .collect::<Vec<_>>()
            }
            source::Loaded::Whole(built) => {
                let rest = plan(&built.reading.catalog, catalog, dialect.kinds);
                if rest.is_empty() {
                    return Ok(Models { toml: written.text, sql: sql.text });
                }
                last.differences = rest.differences.iter().map(explain::line).collect();
                let home = |id: &Id| {
                    let there = if catalog.contains(id) { catalog } else { &built.reading.catalog };
                    root(id, there)
                };
                rest.differences.iter().map(|difference| home(&difference.id)).collect()
            }
        };
        let before = left_out.len();
        left_out.extend(more.into_iter().filter(|id| written.said.contains(id)));
        if left_out.len() == before {
            break;
        }
    }
    Err(AutogenerateError::NotProved(Box::new(last)))
}

/// Returns the statements that build `catalog` in an empty database.
///
/// # Errors
/// The shadow that says what an empty database holds can't be had.
pub fn as_sql(database: &mut dyn Database, catalog: &Catalog, config: &Config) -> Result<String, AutogenerateError> {
    let dialect = database.dialect();
    let plan = plan(&source::empty(database, config)?, catalog, dialect.kinds);
    Ok(script::script(&[], &plan, &[], dialect, Style::default()).text)
}

/// The table or enum that an object belongs to, or itself.
fn root(id: &Id, catalog: &Catalog) -> Id {
    let mut at = id.clone();
    while let Some(parent) = catalog.get(&at).and_then(|object| object.parent.clone()) {
        at = parent;
    }
    at
}

/// The table or enum whose TOML a declaration was made of.
fn made_by(declaration: &Declaration, text: &str, catalog: &Catalog) -> Option<Id> {
    let Origin::File { line, .. } = &declaration.statement.origin else { return None };
    let before = text.lines().take(*line).collect::<Vec<_>>().join("\n");
    let at_table = |object: &&crate::schema::Object| {
        let heading = write::heading(object);
        before.rfind(&heading).is_some()
    };
    let tables = catalog.of_kind("table").filter(at_table);
    tables.max_by_key(|object| before.rfind(&write::heading(object))).map(|object| object.id.clone())
}

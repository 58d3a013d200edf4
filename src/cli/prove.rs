//! Alembic's own run and the imported revisions beside each other, each on an empty database of its own.

use std::collections::BTreeMap;
use std::path::Path;

use super::failure::Failure;
use crate::apply::{self, Options, Route};
use crate::config::Config;
use crate::database::{self, Database, DatabaseError, Purpose};
use crate::import::{Project, alembic};
use crate::revision::graph::Graph;
use crate::revision::target::Target;
use crate::revision::{Direction, Revision, file, folder};
use crate::schema::filter::without_ignored;
use crate::schema::plan::plan;
use crate::schema::{Catalog, explain};
use crate::source;
use crate::sql::{Syntax, quote};

/// What came of it.
pub enum Verdict {
    /// Every revision builds what Alembic builds; with what was not compared, if anything was not.
    Proved { revisions: usize, but: Option<String> },
    /// This one is the first that does not; each line is a difference.
    Differs { revision: String, way: &'static str, lines: Vec<String> },
    /// It could not be found out from some revision on, and why.
    NotProved { proved: usize, why: String },
}

/// A database as it is compared.
struct State {
    catalog: Catalog,
    /// The rows of each table as text, sorted; of columns whose values are made when a row is (times, UUIDs) nothing.
    rows: BTreeMap<String, Vec<String>>,
}

/// Runs both on the empty databases at `theirs` and `ours`, revision by revision, up and down.
///
/// `revisions` are the imported ones; `ids` maps Alembic's ids to theirs.
///
/// # Errors
/// A database that can't be reached or read; the project's Python can't be run.
pub fn prove(
    revisions: &[&Revision],
    ids: &BTreeMap<String, String>,
    project: &Project,
    config: &Config,
    urls: (&str, &str),
) -> Result<Verdict, Failure> {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(format!("cannot create a folder: {error}")))?;
    for (at, revision) in revisions.iter().enumerate() {
        let path = folder.path().join(format!("{at}.sql"));
        folder::write_new(&path, &file::write(revision))
            .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))?;
    }
    let graph = Graph::from(folder::load(&[folder.path().to_owned()], Path::new("")));
    let options = Options { follower: None, ..Options::of(config) };
    let open =
        |url: &str| database::connect(url, &config.root, &Purpose::writing("migrate import", config.run.lock_wait));
    let (mut theirs, mut ours) = (open(urls.0)?, open(urls.1)?);
    let mut steps = alembic::steps(project, urls.0)?;
    let (mut proved, mut but) = (0, None);
    while let Some(step) = steps.receive() {
        let text = |key: &str| step.get(key).and_then(serde_json::Value::as_str);
        if let Some(why) = text("failed") {
            return Ok(Verdict::NotProved { proved, why: format!("Alembic's own run: {why}") });
        }
        but = text("why").map(|why| format!("the way down, because {why}"));
        if but.is_some() {
            break;
        }
        let (id, way) = match (text("at"), text("down")) {
            (Some(id), _) => (id, "up"),
            (_, Some(id)) => (id, "down"),
            _ => {
                steps.go_on();
                continue;
            }
        };
        let own = ids.get(id).map_or(id, String::as_str);
        let parent = revisions.iter().find(|revision| revision.id == own).and_then(|revision| revision.revises.first());
        let target = Target::parse(if way == "up" { own } else { parent.map_or("base", String::as_str) })?;
        let direction = if way == "up" { Direction::Upgrade } else { Direction::Downgrade };
        let route = Route { direction, target: &target };
        let run = apply::run_route(ours.as_mut(), &graph, route, &options, &mut |_| {});
        if let Err(error) = run {
            let why = Failure::from(error).message;
            if way == "down" {
                but = Some(format!("the way down from {own}: {why}"));
                break;
            }
            return Ok(Verdict::NotProved { proved, why });
        }
        let lines = differences(&state(theirs.as_mut(), config)?, &state(ours.as_mut(), config)?, ours.as_ref());
        if !lines.is_empty() {
            return Ok(Verdict::Differs { revision: own.to_owned(), way, lines });
        }
        proved += usize::from(way == "up");
        steps.go_on();
    }
    let imported = ids.len();
    if proved < imported && but.is_none() {
        return Ok(Verdict::NotProved { proved, why: "Alembic's own run ended before its last revision".to_owned() });
    }
    Ok(Verdict::Proved { revisions: proved, but })
}

fn differences(theirs: &State, ours: &State, database: &dyn Database) -> Vec<String> {
    let plan = plan(&ours.catalog, &theirs.catalog, database.dialect().kinds);
    let mut lines = explain::lines(&plan, &ours.catalog, &theirs.catalog);
    for (table, rows) in &theirs.rows {
        let own = ours.rows.get(table);
        if let Some(own) = own.filter(|own| *own != rows) {
            let missing = rows.iter().find(|row| !own.contains(row)).map(|row| format!("Alembic has {row}"));
            let more = own.iter().find(|row| !rows.contains(row)).map(|row| format!("the revisions have {row}"));
            let both: Vec<String> = missing.into_iter().chain(more).collect();
            lines.push(format!("the rows of {table} differ: {}", both.join("; ")));
        }
    }
    lines
}

fn state(database: &mut dyn Database, config: &Config) -> Result<State, Failure> {
    let scope = source::scope(config);
    let catalog = without_ignored(&database.reflect(&scope)?.catalog, &["alembic_version".to_owned()]);
    let columns = match database.dialect().syntax {
        Syntax::Postgres => POSTGRES_COLUMNS,
        Syntax::Sqlite => SQLITE_COLUMNS,
    };
    let failed = |error| DatabaseError::Sql { doing: "comparing rows".to_owned(), error };
    let mut tables: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for row in database.query(columns).map_err(failed)? {
        let [schema, table, column] = crate::import::columns(row);
        let table = table.unwrap_or_default();
        if table != "alembic_version" && scope.version_table.rsplit('.').next() != Some(&table) {
            let path = schema.into_iter().chain([table]).collect();
            tables.entry(path).or_default().extend(column.map(|column| quote::identifier(&column)));
        }
    }
    let mut rows = BTreeMap::new();
    for (path, columns) in tables {
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        let name = quote::qualified(&parts);
        let mut found: Vec<String> = database
            .query(&format!("SELECT {} FROM {name}", columns.join(", ")))
            .map_err(failed)?
            .into_iter()
            .map(|row| {
                let cells = row.into_iter().map(|cell| cell.unwrap_or_else(|| "NULL".to_owned()));
                format!("({})", cells.collect::<Vec<_>>().join(", "))
            })
            .collect();
        found.sort();
        rows.insert(name, found);
    }
    Ok(State { catalog, rows })
}

const POSTGRES_COLUMNS: &str = "SELECT n.nspname, c.relname, a.attname FROM pg_catalog.pg_class c \
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
    JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid \
    WHERE c.relkind OPERATOR(pg_catalog.=) 'r' AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped \
    AND n.nspname OPERATOR(pg_catalog.!~) '^(pg_|information_schema$)' \
    AND pg_catalog.format_type(a.atttypid, NULL) OPERATOR(pg_catalog.!~) '^(timestamp|time|date|uuid)' \
    ORDER BY 1, 2, a.attname";

const SQLITE_COLUMNS: &str = "SELECT NULL, m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c \
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND upper(c.type) NOT LIKE '%TIME%' \
    AND upper(c.type) NOT LIKE '%DATE%' AND upper(c.type) NOT LIKE '%UUID%' ORDER BY 2, c.name";

//! What `check` and `revision --autogenerate` share: the database beside the models, and what is said about it.

use clap::Args;
use serde_json::{Value, json};

use super::failure::Failure;
use super::output::Output;
use super::{Session, asking};
use crate::apply;
use crate::apply::stamp::Stamp;
use crate::autogenerate::{self, AutogenerateError, Comparison, NotProved, RenameRequest};
use crate::config::{Config, ShadowUse};
use crate::database::Database;
use crate::models::managed_kinds;
use crate::models::{self, ModelError, Sources};
use crate::place::Place;
use crate::revision::graph::Graph;
use crate::revision::guard::Subject;
use crate::revision::route::Applied;
use crate::revision::target::Target;
use crate::schema::filter::{self, Filter};
use crate::schema::plan::plan;
use crate::schema::rename::{self, Rename};
use crate::schema::{Id, explain};
use crate::source::{self, SourceError};
use crate::sql::quote;
use crate::words::counted;

/// How many differences are shown where a list would be endless.
const SHOWN: usize = 40;

/// The option of every command that compares.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Shadow {
    /// What to load into the shadow database: what may differ, or `full`: everything, with nothing remembered from
    /// another run [default: `shadow` under [autogenerate] in migrate.toml, else auto]
    #[arg(long, value_name = "HOW")]
    shadow: Option<How>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum How {
    Auto,
    Full,
}

impl Shadow {
    /// Takes the option in the place of the setting in migrate.toml.
    pub fn set(self, session: &mut Session) {
        session.use_shadow(self.shadow.map(|how| match how {
            How::Auto => ShadowUse::Auto,
            How::Full => ShadowUse::Full,
        }));
    }
}

/// Compares the database with the models; renames are asked for where `ask` is true and somebody can answer.
///
/// # Errors
/// A `Failure` if a side can't be read or a rename request names nothing.
pub fn compare(
    session: &Session,
    config: &Config,
    database: &mut dyn Database,
    wishes: &[RenameRequest],
    ask: bool,
) -> Result<Comparison, Failure> {
    let version = database.version()?;
    let declared = models::read(&config.models, database.dialect(), &version, &config.root)?;
    let output = &session.output;
    require_schemas(database, config, &declared.schemas_made())?;
    let unread = declared.schemas_beyond(&config.database.schemas, database.dialect());
    if !unread.is_empty() {
        return Err(Failure::new(format!(
            "the models declare the schema {}, which `schemas` under [database] in migrate.toml does not name, so it would \
             not be compared",
            unread.join(", ")
        ))
        .hint(format!(
            "write `schemas = [{}]`, or remove it from the models",
            config.database.schemas.iter().chain(&unread).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
        )));
    }
    if declared.declarations.is_empty() {
        output.warn("the models declare nothing; is what is in `paths` under [models] the whole schema?");
    }
    let mut question = |rename: &Rename| asked(output, rename);
    let ask: Option<&mut autogenerate::Ask> = if ask && output.is_interactive() { Some(&mut question) } else { None };
    let comparison = autogenerate::compare(database, &declared, config, wishes, ask)?;
    doubt_types(output, &comparison);
    comparison.moments.iter().for_each(|moment| output.warn(moment));
    if declared.about_roles > 0 {
        output.say(format_args!(
            "left out: {} about roles, which are the server's and outside a database's schema",
            counted(declared.about_roles, "statement")
        ));
    }
    Ok(comparison)
}

/// Refuses to compare nothing: every schema that `schemas` names must be in the database or among `made`.
///
/// # Errors
/// The first schema that is nowhere.
pub fn require_schemas(database: &mut dyn Database, config: &Config, made: &[String]) -> Result<(), Failure> {
    for schema in config.database.schemas.iter().filter(|schema| *schema != "*" && !made.contains(schema)) {
        let subject =
            Subject { kind: "schema", path: vec![schema.clone()], arguments: None, words: format!("schema {schema}") };
        // A database without schemas can't tell, and does not look at this setting.
        let Ok(condition) = (database.dialect().scripting.exists)(&subject) else { return Ok(()) };
        let answer = database.query(&format!("SELECT CASE WHEN {condition} THEN 1 ELSE 0 END"));
        let there = answer.is_ok_and(|rows| rows.into_iter().flatten().flatten().next().as_deref() == Some("1"));
        if !there {
            return Err(Failure::new(format!(
                "there is no schema {schema} in {}, so nothing would be compared",
                database.place()
            ))
            .hint("correct `schemas` under [database] in migrate.toml, or declare the schema in the models"));
        }
    }
    Ok(())
}

fn asked(output: &Output, rename: &Rename) -> bool {
    asking::is_yes(output, &format!("Was {} renamed to {}?", rename.from, rename.to.name()))
}

/// Returns the options that would make renames of what looks like one and was not asked for.
pub fn rename_hint(comparison: &Comparison) -> Option<String> {
    let dropped = |rename: &&Rename| !comparison.renames.contains(*rename);
    let similar = rename::similar(&comparison.live, &comparison.target.catalog, comparison.dialect.kinds);
    let name = |id: &Id| quote::qualified(&id.path);
    let options: Vec<String> = similar
        .iter()
        .filter(dropped)
        .map(|rename| format!("--rename {}={}", name(&rename.from), name(&rename.to)))
        .collect();
    (!options.is_empty()).then(|| options.join(" "))
}

/// Warns of types that this database takes and does not know.
fn doubt_types(output: &Output, comparison: &Comparison) {
    let Some(doubt) = comparison.dialect.doubts_type else { return };
    for column in comparison.declared().of_kind("column") {
        if let Some(doubt) = column.text("type").and_then(doubt) {
            output.warn(format_args!("{}: {doubt}", column.id));
        }
    }
}

/// Says what is there and was not compared.
pub fn say_left_alone(output: &Output, comparison: &Comparison) {
    let words = |counts: &[(String, usize)]| {
        counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
    };
    let kinds = |counts: &[(String, usize)]| {
        counts.iter().map(|(kind, count)| counted(*count, kind)).collect::<Vec<_>>().join(", ")
    };
    let left_alone = comparison.left_alone();
    if !left_alone.is_empty() {
        output.say(format_args!("left alone: {}", words(&left_alone)));
    }
    let secrets = comparison.secrets();
    if !secrets.is_empty() {
        output.say(format_args!("not compared: {}", secrets.join(", ")));
    }
    if !comparison.unmanaged.is_empty() {
        output.say(format_args!("not managed by migrate, ignored: {}", kinds(&comparison.unmanaged)));
    }
    if !comparison.unwritable.is_empty() {
        let what = kinds(&comparison.unwritable);
        output.warn(format_args!(
            "the models declare what migrate can't write ({what}): put its statements into a revision by hand"
        ));
    }
}

/// The comparison as JSON.
pub fn as_json(comparison: &Comparison) -> Value {
    let mut document = explain::as_json(&comparison.upgrade);
    let renames: Vec<Value> = comparison
        .renames
        .iter()
        .map(|rename| json!({ "kind": rename.from.kind, "from": rename.from.path, "to": rename.to.path }))
        .collect();
    let counts = |counts: &[(String, usize)]| -> Value {
        counts.iter().map(|(kind, count)| (kind.clone(), json!(count))).collect::<serde_json::Map<_, _>>().into()
    };
    if let Some(object) = document.as_object_mut() {
        object.insert("agree".to_owned(), json!(comparison.is_empty()));
        object.insert("renames".to_owned(), json!(renames));
        object.insert("left_alone".to_owned(), counts(&comparison.left_alone()));
        object.insert("unmanaged".to_owned(), counts(&comparison.unmanaged));
    }
    document
}

/// Refuses a stamp when the database is not what the revisions that it would count as applied build.
///
/// # Errors
/// A `Failure` if a shadow can't be filled, or the database is not as the stamp claims.
pub fn verify_stamp(
    session: &mut Session,
    graph: &Graph,
    stamp: &Stamp,
    database: &mut dyn Database,
) -> Result<(), Failure> {
    let config = session.config()?.clone();
    let rows = database.applied(&config.database.version_table)?.unwrap_or_default();
    let mut after: Applied = if stamp.purge { Applied::new() } else { apply::applied(&rows) };
    stamp.remove.iter().for_each(|id| _ = after.remove(id));
    after.extend(stamp.add.iter().map(|revision| revision.id.clone()));
    let heads = graph.heads_of(&after);
    let targets = heads.iter().map(|head| Target::parse(&head.id)).collect::<Result<Vec<_>, _>>()?;
    let (_, built) = source::replayed(database, graph, &targets, &config)?;
    let live = database.reflect(&source::scope(&config))?.catalog;
    let dialect = database.dialect();
    let sources = Sources { sql: true, ..Sources::default() };
    let manage = config.autogenerate.manage.as_deref();
    let managed_kinds = managed_kinds::managed_kinds(manage, sources, &built.catalog, dialect).map_err(Failure::new)?;
    let filter = Filter {
        ignore: &config.autogenerate.ignore,
        manages: &|object, catalog| managed_kinds.for_object(object, catalog),
        manages_property: &|kind, name| managed_kinds.for_property(kind, name),
        histories: managed_kinds == managed_kinds::ManagedKinds::All,
    };
    let wanted = filter::target(&built.catalog, &live, &filter).catalog;
    let plan = plan(&wanted, &live, dialect.kinds);
    if plan.is_empty() {
        return require_schemas(database, &config, &[]);
    }
    let mut failure = Failure::new(format!("{} does not match the revisions up to there", database.place()));
    failure.notes = shown(explain::lines(&plan, &wanted, &live));
    failure.notes.push("nothing was stamped; the list shows how the database differs from the revisions".to_owned());
    Err(failure.hint("stamp an earlier revision, or change the database first"))
}

/// The first of many lines, and how many more there are.
fn shown(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    if more > 0 {
        lines.push(format!("… and {more} more"));
    }
    lines
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        let place = error.place.map(|place| Place { path: models::error::shown(&place.path), ..place });
        Failure { place, notes: error.notes, hint: error.hint, ..Failure::new(error.message) }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Config(error) => error.into(),
            SourceError::Database(error) => error.into(),
            SourceError::Model(error) => error.into(),
            SourceError::Replay(error) => {
                let failure = Failure::from(*error);
                Failure { message: format!("replaying the revisions in a shadow: {}", failure.message), ..failure }
            }
            SourceError::Stored(message) => Failure::new(message),
        }
    }
}

impl From<AutogenerateError> for Failure {
    fn from(error: AutogenerateError) -> Self {
        let message = error.to_string();
        match error {
            AutogenerateError::Source(error) => error.into(),
            AutogenerateError::Manage(_) | AutogenerateError::Rename(_) => Failure::new(message),
            AutogenerateError::Refused { refused } => {
                let mut failure = Failure::new(message);
                failure.notes = refused.iter().map(|refusal| format!("{}: {}", refusal.id, refusal.reason)).collect();
                let name = refused.first().map_or_else(String::new, |refusal| quote::qualified(&refusal.id.path));
                failure.hint(format!(
                    "`migrate revision --autogenerate --except {name}` plans the rest; --draft writes all that can be planned, \
                     to be completed by hand"
                ))
            }
            AutogenerateError::NotProved(fault) => not_proved(*fault),
            AutogenerateError::Strangers { strangers } => {
                let mut owners: Vec<&str> = strangers.iter().map(|(_, owner)| owner.as_str()).collect();
                owners.sort_unstable();
                owners.dedup();
                let hint = format!(
                    "connect as {}; or read that code, and give --trust={1} (or trust = [\"{1}\"] under [database])",
                    owners.join(" or "),
                    owners.first().copied().unwrap_or_default()
                );
                let mut failure = Failure::new(message);
                failure.notes = shown(strangers.iter().map(|(id, owner)| format!("{id} belongs to {owner}")).collect());
                failure.hint(hint)
            }
        }
    }
}

fn not_proved(fault: NotProved) -> Failure {
    let mut failure = Failure::new(fault.what);
    failure.notes.extend(fault.statement);
    if let Some(error) = &fault.error {
        failure = failure.sql(error);
    }
    failure.notes.extend(shown(fault.differences));
    failure.notes.push("nothing was written".to_owned());
    let next = "pass --draft to write the file anyway, marked where it fails, or --except NAME to leave objects out";
    match failure.hint.take() {
        Some(hint) => failure.note(format!("hint of the server: {hint}")).hint(next),
        None => failure.hint(next),
    }
}

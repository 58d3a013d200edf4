//! What `check` and `revision --autogenerate` share: the database beside the models, and what is said about it.

use clap::Args;
use serde_json::{Value, json};

use super::Session;
use super::failure::Failure;
use super::output::Output;
use crate::apply;
use crate::apply::stamp::Stamp;
use crate::autogenerate::{self, AutogenerateError, Comparison, NotProved, Wish};
use crate::config::{Config, ShadowUse};
use crate::database::Database;
use crate::models::speaks;
use crate::models::{self, ModelError, Sources};
use crate::place::Place;
use crate::revision::graph::Graph;
use crate::revision::route::Applied;
use crate::revision::target::Target;
use crate::schema::explain;
use crate::schema::filter::{self, Filter};
use crate::schema::plan::plan;
use crate::schema::rename::Rename;
use crate::source::{self, SourceError};

/// How many differences are shown where a list would be endless.
const SHOWN: usize = 40;

/// The option of every command that compares.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Shadow {
    /// What is loaded into the throw-away database: what may differ, or `full`: everything, with nothing remembered from
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
pub fn compare(
    session: &Session,
    config: &Config,
    database: &mut dyn Database,
    wishes: &[Wish],
    ask: bool,
) -> Result<Comparison, Failure> {
    let version = database.version()?;
    let declared = models::read(&config.models, database.dialect(), &version, &config.root)?;
    let output = &session.output;
    let unread = declared.schemas_beyond(&config.database.schemas, database.dialect());
    if !unread.is_empty() {
        output.warn(format_args!(
            "the models declare the schema {}, which `schemas` under [database] in migrate.toml does not name: what is in it \
             is not compared",
            unread.join(", ")
        ));
    }
    if declared.declarations.is_empty() {
        output.warn("the models declare nothing; is what is in `paths` under [models] the whole schema?");
    }
    let mut question = |rename: &Rename| asked(output, rename);
    let ask: Option<&mut autogenerate::Ask> = if ask && output.is_interactive() { Some(&mut question) } else { None };
    Ok(autogenerate::compare(database, &declared, config, wishes, ask)?)
}

fn asked(output: &Output, rename: &Rename) -> bool {
    let question = format!("Was {} renamed to {}? [y/N]", rename.from, rename.to.name());
    output.ask(question).is_some_and(|answer| matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

/// Says what is there and was not compared.
pub fn say_left_alone(output: &Output, comparison: &Comparison) {
    let words = |counts: &[(String, usize)]| {
        counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
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
        output.say(format_args!("not understood, and left alone: {}", words(&comparison.unmanaged)));
    }
    if !comparison.unwritable.is_empty() {
        let what = words(&comparison.unwritable);
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
    let speaks = speaks::speaks(manage, sources, &built.catalog, dialect).map_err(Failure::new)?;
    let filter = Filter {
        ignore: &config.autogenerate.ignore,
        speaks_for: &|object, catalog| speaks.for_object(object, catalog),
        speaks_for_property: &|kind, name| speaks.for_property(kind, name),
        histories: speaks == speaks::Speaks::All,
    };
    let wanted = filter::target(&built.catalog, &live, &filter).catalog;
    let plan = plan(&wanted, &live, dialect.kinds);
    if plan.is_empty() {
        return Ok(());
    }
    let mut failure = Failure::new(format!("{} is not what the revisions up to there build", database.place()));
    failure.notes = shown(explain::lines(&plan, &wanted, &live));
    failure.notes.push("nothing was stamped; the lines lead from what the revisions build to the database".to_owned());
    Err(failure.hint("stamp an earlier revision, or bring the database there first"))
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
                failure.hint(
                    "write this step by hand (`migrate revision -m …`), or change the models so that it is not needed",
                )
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
    failure
}

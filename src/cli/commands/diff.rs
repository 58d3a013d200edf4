//! `migrate diff`: any two schemas beside each other.

use clap::Args;

use crate::autogenerate::script::{self, Style};
use crate::cli::comparison::Shadow;
use crate::cli::failure::Failure;
use crate::cli::schema_source::{self, Side};
use crate::cli::{Exit, Session, comparison};
use crate::schema::explain;
use crate::schema::filter::{Filter, target, without_ignored};
use crate::schema::plan::{Plan, plan};

/// Show how two schemas differ; exit with 1 if they do
///
/// A schema is `live` (the project's database), `models`, `revisions` (replayed in a temporary database;
/// `revisions@TARGET` up to there), a database URL, or a .sql, .toml or .json file.
#[derive(Args)]
#[command(after_help = "Examples:
  migrate diff live models
  migrate diff revisions live --sql
  migrate diff live postgresql://staging.example/app
  migrate diff before.json live")]
pub struct Arguments {
    /// The schema to start from
    #[arg(value_name = "FROM")]
    from: Side,
    /// The schema to end at
    #[arg(value_name = "TO")]
    to: Side,
    /// Print the SQL statements instead of the differences
    #[arg(long)]
    sql: bool,
    #[command(flatten)]
    shadow: Shadow,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    arguments.shadow.set(session);
    let named = [arguments.from, arguments.to];
    let (mut home, config) = schema_source::home(session, &named)?;
    let dialect = home.dialect();
    let [from, to] = &named;
    let mut from = schema_source::read(session, from, home.as_mut(), &config)?;
    let mut to = schema_source::read(session, to, home.as_mut(), &config)?;
    // What is ignored is left out of both: a side that has it would else seem to lack it.
    for side in [&mut from, &mut to] {
        side.reading.catalog = without_ignored(&side.reading.catalog, &config.autogenerate.ignore);
    }
    // What one side doesn't manage is as it is on the other.
    let completed = |side: &schema_source::LoadedSide, other: &schema_source::LoadedSide| {
        let filter = Filter {
            ignore: &config.autogenerate.ignore,
            manages: &|object, catalog| side.managed_kinds.for_object(object, catalog),
            manages_property: &|kind, name| side.managed_kinds.for_property(kind, name),
            histories: side.managed_kinds == crate::models::managed_kinds::ManagedKinds::All,
        };
        target(&side.reading.catalog, &other.reading.catalog, &filter).catalog
    };
    let (one, two) = (completed(&from, &to), completed(&to, &from));
    let plan = plan(&one, &two, dialect.kinds);
    let output = &session.output;
    if output.json {
        output.json(&explain::as_json(&plan));
    } else if arguments.sql {
        say_refused(session, &plan);
        let script = script::script(&[], &plan, &[], dialect, Style::default());
        if !script.text.is_empty() {
            output.result(&script.text);
        }
    } else {
        explain::lines(&plan, &one, &two).iter().for_each(|line| output.result(line));
    }
    let mut secrets = [explain::secrets(&one), explain::secrets(&two)].concat();
    secrets.sort();
    secrets.dedup();
    if !secrets.is_empty() {
        output.say(format_args!("not compared: {}", secrets.join(", ")));
    }
    if plan.is_empty() {
        comparison::require_schemas(home.as_mut(), &config, &[])?;
        output.say("no difference");
    }
    Ok(if plan.is_empty() { Exit::Done } else { Exit::CheckFailed })
}

fn say_refused(session: &Session, plan: &Plan) {
    for refusal in &plan.refused {
        session.output.warn(format_args!("left out: {}: {}", refusal.id, refusal.reason));
    }
}

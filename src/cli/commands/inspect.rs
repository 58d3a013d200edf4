//! `migrate inspect`: a schema in words.

use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::autogenerate::AutogenerateError;
use crate::autogenerate::describe;
use crate::autogenerate::script::{self, Style};
use crate::cli::comparison::Shadow;
use crate::cli::failure::Failure;
use crate::cli::schema_source::{self, Side};
use crate::cli::{Exit, Session, comparison};
use crate::models::mermaid;
use crate::schema::plan::plan;
use crate::schema::{Catalog, Id, Object, explain, stored};
use crate::source;
use crate::words::counted;

/// Print a schema: the database's, or any that `diff` takes
#[derive(Args)]
#[command(after_help = "Examples:
  migrate inspect > models/schema.sql
  migrate inspect --format mermaid
  migrate inspect --format json > before.json
  migrate inspect postgresql://localhost/other")]
pub struct Arguments {
    /// live, models, revisions, revisions@TARGET, a database URL, or a file
    #[arg(value_name = "SCHEMA", default_value = "live")]
    schema: Side,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Sql)]
    format: Format,
    /// Let the code of ROLE run in a shadow with your rights; without ROLE, that of every role (may be repeated)
    #[arg(long, value_name = "ROLE", num_args = 0..=1, require_equals = true, default_missing_value = "*")]
    trust: Vec<String>,
    #[command(flatten)]
    shadow: Shadow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The SQL statements that create it
    Sql,
    /// Models in TOML; lists what TOML can't express, which `migrate init --from-database` writes as SQL
    Toml,
    /// An entity-relationship diagram in Mermaid's language
    Mermaid,
    /// Every object with its properties, for programs and for `diff`
    Json,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    arguments.shadow.set(session);
    let (mut home, mut config) = schema_source::home(session, std::slice::from_ref(&arguments.schema))?;
    config.database.trust.extend(arguments.trust);
    let dialect = home.dialect();
    let seen = schema_source::read(session, &arguments.schema, home.as_mut(), &config)?;
    if matches!(arguments.schema, Side::Live | Side::Url(_)) {
        comparison::require_schemas(home.as_mut(), &config, &[])?;
    }
    let catalog = &seen.reading.catalog;
    let output = &session.output;
    for (kind, count) in &seen.reading.unmanaged {
        output.warn(format_args!(
            "{} can't be printed: migrate does not know this kind of object",
            counted(*count, kind)
        ));
    }
    for secret in explain::secrets(catalog) {
        output.warn(format_args!("left out: the {secret}, because migrate reads no secrets"));
    }
    match if output.json { Format::Json } else { arguments.format } {
        Format::Json => {
            let text = stored::to_json(catalog).map_err(|error| Failure::new(error.to_string()))?;
            output.json_text(&text);
        }
        Format::Toml => {
            let models = describe::describe(home.as_mut(), catalog, &config, describe::Layout::One)?;
            let (toml, sql) = (models.text("toml"), models.text("sql"));
            if let Some(fault) = models.unproved {
                return Err(AutogenerateError::NotProved(Box::new(fault)).into());
            }
            output.write(&toml);
            if !sql.is_empty() {
                output.warn("TOML can't express this part; put it in a .sql file beside it:");
                output.say(&sql);
            }
        }
        Format::Mermaid => output.write(mermaid::diagram(catalog, dialect)),
        Format::Sql => {
            let empty = match source::empty(home.as_mut(), &config) {
                Ok(empty) => empty,
                Err(error) => {
                    // Who may only read can't make a database to see what an empty one has by itself.
                    output.warn(format_args!(
                        "{error}; so the schema public and the language plpgsql are assumed to exist in every database"
                    ));
                    what_every_database_has(catalog)
                }
            };
            let plan = plan(&empty, catalog, dialect.kinds);
            for refusal in &plan.refused {
                output.warn(format_args!("left out: {}: {}", refusal.id, refusal.reason));
            }
            let script = script::script(&[], &plan, &[], dialect, Style::default());
            output.result(&script.text);
        }
    }
    Ok(Exit::Done)
}

/// Returns what of the catalog a new database is likely to have by itself, as it is in this one.
fn what_every_database_has(catalog: &Catalog) -> Catalog {
    let is_given =
        |id: &Id| matches!(id.path.last().map(String::as_str), Some("public" | "plpgsql")) && id.path.len() == 1;
    let given = |object: &&Arc<Object>| {
        let own = matches!(object.id.kind, "schema" | "extension" | "language") && is_given(&object.id);
        let parent = object.parent.as_ref();
        own || parent.is_some_and(|parent| {
            matches!(parent.kind, "schema" | "extension" | "language")
                && is_given(parent)
                && matches!(object.id.kind, "comment" | "privilege")
        })
    };
    catalog.shared().iter().filter(given).cloned().collect()
}

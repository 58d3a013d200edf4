//! `migrate init`: a new project.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::autogenerate::describe::{self, Layout};
use crate::cli::comparison::Shadow;
use crate::cli::failure::Failure;
use crate::cli::{Exit, Session, draft};
use crate::config::{self, FILE_NAME};
use crate::database::{self, Purpose};
use crate::revision::folder;
use crate::schema::explain;
use crate::source;
use crate::words::counted;

const SETTINGS: &str = include_str!("../../../templates/migrate.toml");
const MODELS: &str = include_str!("../../../templates/models.toml");

/// How many lines of a list are shown.
const SHOWN: usize = 40;

/// Create a new project
///
/// It has migrate.toml, migrations/, models/ and templates/. Existing files are left unchanged. A folder that has a migrate.toml is
/// refused.
#[derive(Args)]
#[command(after_help = "Examples:
  migrate init
  migrate init db --url postgresql://localhost/app
  migrate init --from-database postgresql://localhost/app")]
pub struct Arguments {
    /// The folder of the project
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Write the models of this existing database, and use it as the project's database
    #[arg(long, value_name = "URL")]
    from_database: Option<String>,
    /// With --from-database: let the code of ROLE run in a shadow with your rights; without ROLE, that of every role (may be repeated)
    #[arg(long, value_name = "ROLE", num_args = 0..=1, require_equals = true, default_missing_value = "*")]
    trust: Vec<String>,
    /// With --from-database: how the models are divided into files
    #[arg(long, value_enum, value_name = "LAYOUT", default_value = "one", requires = "from_database")]
    layout: Division,
    #[command(flatten)]
    shadow: Shadow,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Division {
    /// One TOML file and one SQL file
    One,
    /// A file for each table, in the folder of its schema unless that is public
    Table,
    /// A folder for each schema
    Schema,
}

impl From<Division> for Layout {
    fn from(division: Division) -> Layout {
        match division {
            Division::One => Layout::One,
            Division::Table => Layout::Table,
            Division::Schema => Layout::Schema,
        }
    }
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    arguments.shadow.set(session);
    let root = &arguments.folder;
    let settings = root.join(FILE_NAME);
    if settings.symlink_metadata().is_ok() {
        return Err(Failure::new(format!("{} already has a migrate.toml", shown(root).display()))
            .hint(format!("its settings are in {}", shown(&settings).display())));
    }
    let described = arguments
        .from_database
        .as_deref()
        .map(|url| models_of(session, url, &arguments.trust, arguments.layout.into()))
        .transpose()?;
    let url = arguments.from_database.as_deref().or(session.global.url.as_deref());
    let mut files = vec![(FILE_NAME.to_owned(), settings_for(url))];
    match &described {
        None => files.push(("models/schema.toml".to_owned(), MODELS.to_owned())),
        Some(described) => {
            if described.several_schemas {
                files[0].1.push_str("schemas = [\"*\"]\n");
            }
            files.extend(described.files.iter().cloned());
        }
    }
    files.push(("templates/revision.sql".to_owned(), draft::TEMPLATE.to_owned()));
    // Git keeps no empty folder, and a deployment without the folder is refused.
    files.push(("migrations/.gitkeep".to_owned(), String::new()));
    let mut written = Vec::new();
    let mut left = Vec::new();
    // The settings come last: a folder that has them is a whole project.
    for (name, text) in files.into_iter().rev() {
        let path = root.join(&name);
        match folder::write_new(&path, &text) {
            Ok(()) => written.push(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => left.push(path),
            Err(error) => return Err(Failure::new(format!("cannot write {}: {error}", path.display()))),
        }
    }
    written.reverse();
    report(session, root, &written, &left);
    if !session.output.json {
        let is_there = root.join("alembic.ini").exists();
        let kept = url.map(without_password);
        let beginning = match (described.is_some(), is_there) {
            (true, _) => Beginning::Database,
            (false, true) => Beginning::Alembic,
            (false, false) => Beginning::Nothing,
        };
        say_next(session, root, beginning, kept.as_deref());
        if url.is_some_and(|url| kept.as_deref() != Some(url)) {
            session.output.say("the password is not in migrate.toml: set it in PGPASSWORD, ~/.pgpass or DATABASE_URL");
        }
    }
    Ok(Exit::Done)
}

/// The models of a database that is there.
struct Described {
    files: Vec<(String, String)>,
    several_schemas: bool,
}

/// TOML for the tables that it can express, SQL for the rest, loaded and compared.
fn models_of(session: &mut Session, url: &str, trust: &[String], layout: Layout) -> Result<Described, Failure> {
    let options = config::Options { url: Some(url.to_owned()), shadow: session.shadow(), ..config::Options::default() };
    let mut settings = config::without_file(&options)?;
    settings.database.schemas = vec!["*".to_owned()];
    settings.database.trust = trust.to_vec();
    let purpose = Purpose::reading(session.application.clone());
    let mut database = database::connect(url, &settings.root, &purpose)?;
    let live = database.reflect(&source::scope(&settings))?;
    for (kind, count) in &live.unmanaged {
        session.output.warn(format_args!("{} left out: migrate can't write this kind", counted(*count, kind)));
    }
    for secret in explain::secrets(&live.catalog) {
        session.output.warn(format_args!("left out: the {secret}, because migrate reads no secrets"));
    }
    let several_schemas = live.catalog.of_kind("schema").any(|schema| schema.id.name() != "public");
    let models = describe::describe(database.as_mut(), &live.catalog, &settings, layout)?;
    report_models(session, &models);
    let mut files: Vec<_> = models.files.into_iter().map(|(name, text)| (format!("models/{name}"), text)).collect();
    if files.is_empty() {
        files.push(("models/schema.toml".to_owned(), MODELS.to_owned()));
    }
    Ok(Described { files, several_schemas })
}

/// Reports what is in SQL although it is a table or an enum, and what the models don't build.
fn report_models(session: &Session, models: &describe::Models) {
    let output = &session.output;
    for (id, difference) in models.not_in_toml.iter().take(SHOWN) {
        output.say(format_args!("{id} is written in SQL, because TOML does not build it as it is: {difference}"));
    }
    if let Some(more) = models.not_in_toml.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        output.say(format_args!("… and {more} more"));
    }
    let Some(fault) = &models.unproved else { return };
    output.warn(format_args!("the models don't build this database as it is, and need an edit: {}", fault.what));
    for line in fault.statement.iter().chain(fault.differences.iter().take(SHOWN)) {
        output.say(format_args!("  {line}"));
    }
}

fn report(session: &Session, root: &Path, written: &[PathBuf], left: &[PathBuf]) {
    let output = &session.output;
    if output.json {
        output.json(&json!({ "folder": root, "written": written, "left_as_they_were": left }));
        return;
    }
    for path in written {
        output.result(shown(path).display());
    }
    for path in left {
        output.say(format_args!("{} already exists, and is left unchanged", shown(path).display()));
    }
}

/// What a project begins with.
enum Beginning {
    Nothing,
    Database,
    Alembic,
}

fn say_next(session: &Session, root: &Path, beginning: Beginning, url: Option<&str>) {
    let here = shown(root);
    let enter = if here == Path::new(".") { String::new() } else { format!("\n  cd {}", here.display()) };
    let say = |steps: &dyn std::fmt::Display| session.output.say(format_args!("\nnext:{enter}\n{steps}"));
    match beginning {
        Beginning::Database => say(
            &"  migrate check                                # the models match the database
  migrate revision --baseline -m \"baseline\"   # a revision that creates it
  migrate stamp head --verify                  # marked as applied to this database",
        ),
        Beginning::Alembic => say(
            &"  write into migrate.toml the database (`url`) and the models (`sqlalchemy = \"app.models:Base\"` instead of `paths`)
  migrate import alembic --dry-run    # its revisions as SQL files, what is applied as rows; nothing runs again
  migrate check                       # the models match the database",
        ),
        Beginning::Nothing => {
            let place = url.map_or("the SQLite file app.db".to_owned(), str::to_owned);
            say(&format_args!(
                "  migrate revision -m \"add users\"     # then write its SQL into the file that it names
  migrate upgrade head                # on {place}, until migrate.toml names another database
or declare the tables in models/schema.toml, and `migrate revision --autogenerate -m \"add users\"`"
            ));
        }
    }
}

fn settings_for(url: Option<&str>) -> String {
    match url {
        // A URL that comes from the environment stays one.
        Some(url) if url.contains("${") => SETTINGS
            .replace("\"${DATABASE_URL:-sqlite://app.db}\"", &toml::Value::from(without_password(url)).to_string()),
        Some(url) => SETTINGS.replace("sqlite://app.db", &without_password(url).replace('$', "$$")),
        None => SETTINGS.to_owned(),
    }
}

/// A password belongs into the environment and not into a file that is shared.
fn without_password(url: &str) -> String {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let place = match place.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?))) {
        Some((scheme, (user, rest))) => match user.split_once(':') {
            // The name of a variable is not password.
            Some((name, password)) if !(password.starts_with("${") && password.ends_with('}')) => {
                format!("{scheme}://{name}@{rest}")
            }
            _ => format!("{scheme}://{user}@{rest}"),
        },
        None => place.to_owned(),
    };
    let kept: Vec<&str> = query.split('&').filter(|part| !part.is_empty() && !part.starts_with("password=")).collect();
    if kept.is_empty() { place } else { format!("{place}?{}", kept.join("&")) }
}

/// Without the `./` in front.
fn shown(path: &Path) -> PathBuf {
    match path.strip_prefix(".") {
        Ok(rest) if rest.as_os_str().is_empty() => PathBuf::from("."),
        Ok(rest) => rest.to_owned(),
        Err(_) => path.to_owned(),
    }
}

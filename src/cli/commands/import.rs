//! `migrate import`: another tool's history becomes this one's, and nothing is run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::prove::{self, Verdict};
use crate::cli::{Exit, Session};
use crate::config::Config;
use crate::database::version_table::{self, Adopted};
use crate::database::{self, Database, DatabaseError, Purpose};
use crate::import::adoption::{self, Check, ImportedRevision, Plan, RowOutcome};
use crate::import::{self, Files, History, ImportError, Names, Project, SOURCES, Source};
use crate::revision::folder::WriteError;
use crate::revision::written::NotAsPlanned;
use crate::revision::{Revision, Section, file, folder, name};
use crate::sql::{Syntax, quote};
use crate::words::counted;

/// Import another tool's migrations and history without running them
///
/// Its files become revision files, the rows of its table become rows of the version table.
/// Run it once for each database; the files are written the first time.
#[derive(Args)]
#[command(after_help = "Examples:
  migrate import flyway src/main/resources/db/migration --dry-run
  migrate import alembic --dialect postgresql,sqlite --record
  migrate -e production import alembic
  migrate import sqlx --files-only")]
pub struct Arguments {
    /// The tool to import from
    #[arg(value_name = "TOOL", value_parser = tools())]
    tool: String,
    /// The folder (or configuration file) of its migrations [default: the tool's usual places]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Show what would be written, without writing it
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Write the revision files without touching the database
    #[arg(long)]
    files_only: bool,
    /// The tool's table, if it does not have its usual name
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// The databases to write sections for (Alembic, Django) [default: the project's]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    dialect: Vec<String>,
    /// The other project's Python interpreter (Alembic, Django) [default: that of its virtual environment]
    #[arg(long, value_name = "FILE")]
    python: Option<String>,
    /// Run what Alembic can't print in a temporary database, and record its SQL
    #[arg(long)]
    record: bool,
    /// The PostgreSQL server for temporary databases [default: the project's]
    #[arg(long, value_name = "URL")]
    record_url: Option<String>,
    /// Run Alembic and the imported revisions side by side on temporary databases, and compare schema and rows after each
    #[arg(long)]
    prove: bool,
    /// What the project's own code creates before Alembic's first revision: an SQL file, or MODULE:NAME of SQLAlchemy
    /// metadata or of a function that takes the connection
    #[arg(long, value_name = "WHAT")]
    before: Option<String>,
    /// Keep Alembic's own table in step with every later upgrade and downgrade
    #[arg(long)]
    keep_alembic_version: bool,
    /// Ignore Alembic's env.py if it can't be run (its naming conventions are lost)
    #[arg(long)]
    without_env: bool,
    /// Which of several databases of an Alembic project: its section of alembic.ini (Alembic's -n), or its name in env.py
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// An argument for Alembic's env.py (may be repeated)
    #[arg(short = 'x', value_name = "ARG")]
    extra: Vec<String>,
}

fn tools() -> PossibleValuesParser {
    PossibleValuesParser::new(SOURCES.iter().map(|source| PossibleValue::new(source.name).help(source.reads)))
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let source = import::source(&arguments.tool).ok_or_else(|| Failure::usage("unknown tool"))?;
    if source.name != "alembic"
        && (arguments.record || arguments.prove || arguments.keep_alembic_version || arguments.without_env)
    {
        return Err(Failure::usage(
            "--record, --prove, --without-env and --keep-alembic-version are for `import alembic`",
        ));
    }
    let config = session.config()?.clone();
    if !arguments.files_only {
        // The other tool's project may take a minute to load; a database that can't be reached is known before that.
        answers(&config)?;
    }
    let (project, recording) = project(&arguments, source, &config)?;
    let files = (source.files)(&project);
    drop(recording);
    let files = files.map_err(|error| match error {
        ImportError::Python { what, hint, trace } if session.output.verbose => {
            Failure { notes: trace.lines().map(str::to_owned).collect(), ..Failure::new(what).hint(hint) }
        }
        error => error.into(),
    })?;
    let loaded = folder::load(&config.revisions, &config.root);
    if let Some(error) = loaded.unreadable.first().or(loaded.errors.first()) {
        return Err(Failure::new(format!("{}: {}", error.path.display(), error.message))
            .hint("repair this revision file first, or give `revisions` in migrate.toml another folder"));
    }
    let mut found = None;
    let mut applied = BTreeSet::new();
    let mut open = None;
    let mut syntax = Syntax::Postgres;
    if !arguments.files_only {
        let mut database = if arguments.dry_run { session.reader() } else { session.writer() }.map_err(without)?;
        syntax = database.dialect().syntax;
        found = (source.history)(database.as_mut(), &project, &files)?;
        let rows = database.applied(&config.database.version_table)?.unwrap_or_default();
        applied.extend(rows.into_iter().map(|row| row.revision));
        open = Some(database);
    }
    let plan = adoption::plan(source.title, &files, found.as_ref(), &loaded.revisions, &applied, syntax)?;
    let paths = paths(&plan.taken, &config)?;
    let verdict = arguments.prove.then(|| verdict(&plan.taken, &project, &arguments, &config)).transpose()?;
    let mut written = Vec::new();
    if !arguments.dry_run {
        let result = write_files(&plan.taken, &paths, &mut written).and_then(|()| match (open.as_mut(), &found) {
            (Some(database), Some(history)) => {
                let unchanged = |database: &mut dyn Database| {
                    (source.history)(database, &project, &files).map(|now| now.as_ref() == Some(history))
                };
                adopt(database.as_mut(), source, history, &plan.rows, &unchanged, &config, session)
            }
            _ => Ok(()),
        });
        if let Err(failure) = result {
            // All or nothing: the files that were there before are not among these.
            written.iter().for_each(|path| _ = std::fs::remove_file(path));
            return Err(failure);
        }
        if arguments.keep_alembic_version {
            keep_alembic_version(&config, found.as_ref(), &files, session)?;
        }
    }
    report(
        &Report {
            arguments: &arguments,
            source,
            files: &files,
            history: found.as_ref(),
            plan: &plan,
            paths: &paths,
            verdict: verdict.as_ref(),
        },
        session,
    );
    Ok(if matches!(verdict, Some(Verdict::Differs { .. })) { Exit::CheckFailed } else { Exit::Done })
}

/// Compares Alembic's own run with the imported revisions on two throw-away databases.
fn verdict(
    taken: &[ImportedRevision],
    project: &Project,
    arguments: &Arguments,
    config: &Config,
) -> Result<Verdict, Failure> {
    let revisions: Vec<&Revision> = taken.iter().map(|taken| &taken.revision).collect();
    // What comes before Alembic's first revision is none of its own.
    let own = taken.iter().filter(|taken| Some(taken.from.as_path()) != project.before.as_deref().map(Path::new));
    let ids = own.map(|taken| (taken.original.clone(), taken.revision.id.clone())).collect();
    if project.syntax() == Syntax::Sqlite {
        let folder = tempfile::tempdir().map_err(|error| Failure::new(format!("cannot create a folder: {error}")))?;
        let url = |name: &str| format!("sqlite:///{}", folder.path().join(name).display());
        return prove::prove(&revisions, &ids, project, config, (&url("alembic.db"), &url("migrate.db")));
    }
    let made = [throw_away(arguments, config, "alembic"), throw_away(arguments, config, "migrate")];
    match made {
        [Ok(theirs), Ok(ours)] => prove::prove(&revisions, &ids, project, config, (&theirs.url, &ours.url)),
        [Err(failure), _] | [_, Err(failure)] => {
            Ok(Verdict::NotProved { proved: 0, why: format!("cannot get a temporary database: {}", failure.message) })
        }
    }
}

/// # Errors
/// The server of the project's database can't be reached.
fn answers(config: &Config) -> Result<(), Failure> {
    let url = config.database.url()?;
    let dialect = database::dialect_of(url)?;
    if dialect.needs_no_server {
        return Ok(());
    }
    database::connect(url, &config.root, &Purpose::reading("migrate import"))
        .map(drop)
        .map_err(|error| without(Failure::from(error)))
}

/// Adds how to do without a database, if nothing else is known to help.
fn without(failure: Failure) -> Failure {
    match failure.hint {
        None => failure.hint("pass --files-only to write the files without a database"),
        Some(_) => failure,
    }
}

/// A throw-away database on PostgreSQL, dropped with this value.
struct Recording {
    url: String,
    root: PathBuf,
}

impl Drop for Recording {
    fn drop(&mut self) {
        if let Ok(dialect) = database::dialect_of(&self.url) {
            let _ = (dialect.administration.drop)(&self.url, &self.root);
        }
    }
}

fn project(arguments: &Arguments, source: &Source, config: &Config) -> Result<(Project, Option<Recording>), Failure> {
    let mut dialects = Vec::new();
    for name in &arguments.dialect {
        let dialect = database::dialect_named(name.trim()).ok_or_else(|| {
            Failure::usage(format!("unknown dialect {name}")).hint("the dialects are postgresql and sqlite")
        })?;
        if !dialects.contains(&dialect.syntax) {
            dialects.push(dialect.syntax);
        }
    }
    if dialects.is_empty() {
        dialects.push(database::dialect_of(config.database.url()?)?.syntax);
    }
    let mut record = Vec::new();
    let mut recording = None;
    if arguments.record {
        for syntax in &dialects {
            let url = match syntax {
                Syntax::Sqlite => "sqlite://".to_owned(),
                Syntax::Postgres => {
                    let made = throw_away(arguments, config, "record")?;
                    recording.insert(made).url.clone()
                }
            };
            record.push((*syntax, url));
        }
    }
    let project = Project {
        path: located(arguments, source, config)?,
        table: arguments.table.clone(),
        dialects,
        python: arguments
            .python
            .clone()
            .or_else(|| config.models.interpreter(&config.root).map(|python| python.display().to_string())),
        record,
        without_env: arguments.without_env,
        before: arguments.before.clone(),
        name: arguments.name.clone(),
        extra: arguments.extra.clone(),
    };
    Ok((project, recording))
}

/// Makes an empty database with a name of its own on the server of the project.
fn throw_away(arguments: &Arguments, config: &Config, purpose: &str) -> Result<Recording, Failure> {
    let url = match &arguments.record_url {
        Some(url) => url.as_str(),
        None => config.database.url()?,
    };
    if database::dialect_of(url)?.syntax != Syntax::Postgres {
        return Err(Failure::usage(
            "recording and proving for PostgreSQL need a PostgreSQL server, and the project's database is SQLite",
        )
        .hint("name a server with --record-url postgresql://…"));
    }
    let name = format!("migrate_{purpose}_{}", std::process::id());
    let url = with_database(url, &name);
    let dialect = database::dialect_of(&url)?;
    (dialect.administration.create)(&url, &config.root, &[], &[])?;
    Ok(Recording { url, root: config.root.clone() })
}

/// Returns the URL with another database's name in it.
fn with_database(url: &str, name: &str) -> String {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let query = url[authority..].find('?').map_or(url.len(), |at| authority + at);
    let path = url[authority..query].find('/').map_or(query, |at| authority + at);
    format!("{}/{name}{}", &url[..path], &url[query..])
}

/// Returns where the other tool's files are.
fn located(arguments: &Arguments, source: &Source, config: &Config) -> Result<PathBuf, Failure> {
    let own = |path: &Path| {
        let same = |one: &Path, other: &Path| match (one.canonicalize(), other.canonicalize()) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        };
        config.revisions.iter().any(|folder| same(folder, path))
    };
    let mixed = |path: &Path| {
        Failure::new(format!(
            "{} is this project's own folder of revisions, so it is not searched for {}'s files",
            path.display(),
            source.title
        ))
        .hint(format!(
            "name the folder of {}'s files: migrate import {} PATH; if it is this one, give `revisions` in migrate.toml \
             another folder, such as \"revisions\"",
            source.title, source.name
        ))
    };
    if let Some(path) = &arguments.path {
        if !path.exists() {
            return Err(Failure::usage(format!("there is no {}", path.display())));
        }
        return if own(path) { Err(mixed(path)) } else { Ok(path.clone()) };
    }
    let usual: Vec<PathBuf> = source.usual_folders.iter().map(|folder| config.root.join(folder)).collect();
    let there: Vec<&PathBuf> = usual.iter().filter(|path| path.exists()).collect();
    match there.iter().find(|path| !own(path)) {
        Some(path) => Ok((*path).clone()),
        None => Err(match there.first() {
            Some(path) => mixed(path),
            None => Failure::usage(format!(
                "cannot find {}'s files in its usual places: {}",
                source.title,
                source.usual_folders.join(", ")
            ))
            .hint(format!("name the folder: migrate import {} PATH", source.name)),
        }),
    }
}

/// Returns where each revision's file is or will be.
fn paths(taken: &[ImportedRevision], config: &Config) -> Result<Vec<PathBuf>, Failure> {
    let folder = config.revisions.first().ok_or_else(|| Failure::new("migrate.toml names no folder of revisions"))?;
    let now = jiff::Timestamp::now();
    let mut paths = Vec::with_capacity(taken.len());
    let mut seen = BTreeSet::new();
    for taken in taken {
        if taken.is_there {
            paths.push(taken.revision.path.clone());
            continue;
        }
        let created = taken.revision.created.as_deref().and_then(|time| time.parse().ok()).unwrap_or(now);
        let file = name::file_path(&config.file_name, &taken.revision.id, &taken.revision.message, created)
            .map_err(Failure::new)?;
        let path = folder.join(file);
        if !seen.insert(path.clone()) {
            return Err(Failure::new(format!("two revisions would have the file {}", path.display()))
                .hint("put {{id}} into `file_name` in migrate.toml"));
        }
        paths.push(path);
    }
    Ok(paths)
}

fn write_files(taken: &[ImportedRevision], paths: &[PathBuf], written: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for (taken, path) in taken.iter().zip(paths).filter(|(taken, _)| !taken.is_there) {
        let text = file::write(&taken.revision);
        folder::write_revision(path, path, &text, &taken.revision).map_err(|error| not_written(error, taken, path))?;
        written.push(path.clone());
    }
    Ok(())
}

fn not_written(error: WriteError, taken: &ImportedRevision, path: &Path) -> Failure {
    let from = taken.from.display();
    match error {
        WriteError::NotAsPlanned(NotAsPlanned::Unreadable(error)) => {
            let line = error.place.map(|place| format!("line {} of the new file: {}", place.line, place.line_text));
            let failure = Failure::new(format!("{from} can't be converted to a revision file: {}", error.message));
            Failure { notes: line.into_iter().collect(), ..failure }
        }
        WriteError::NotAsPlanned(error) => {
            Failure::new(format!("{from} can't be converted to a revision file: {error}"))
        }
        WriteError::Io(error) => Failure::new(format!("cannot write {}: {error}", path.display())),
    }
}

/// Writes the rows in one transaction, in which the other tool's table must still say what was read, and while that tool
/// does not run.
fn adopt(
    database: &mut dyn Database,
    source: &Source,
    history: &History,
    rows: &[Adopted],
    unchanged: &dyn Fn(&mut dyn Database) -> Result<bool, ImportError>,
    config: &Config,
    session: &Session,
) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let dialect = database.dialect();
    let own = &config.database.version_table;
    database.lock(own, config.run.lock_wait, &mut |holder| session.output.say(format_args!("waiting for {holder}")))?;
    // The other tool may have run while this one waited.
    let unchanged = unchanged(database);
    if !matches!(unchanged, Ok(true)) {
        database.unlock();
        unchanged?;
        return Err(Failure::new(format!("{} changed its history while it was read", source.title))
            .hint("wait until it has ended, and run the command again")
            .temporary());
    }
    let result = (|| {
        // Another import may have ended while this one waited.
        let there: BTreeSet<String> =
            database.applied(own)?.unwrap_or_default().into_iter().map(|row| row.revision).collect();
        let table = database.version_table(own);
        let mut statements = vec![version_table::create(&table, dialect)];
        if dialect.syntax == Syntax::Postgres {
            statements.splice(0..0, lock_out_other_tool(database, source, history)?);
        }
        statements.extend(
            rows.iter()
                .filter(|row| !there.contains(&row.revision))
                .map(|row| version_table::adopt(&table, row, dialect)),
        );
        let script =
            format!("{}{};\nCOMMIT", (dialect.scripting.begin)(config.run.lock_timeout), statements.join(";\n"));
        let doing = format!("writing the adopted rows to {table}");
        database.execute(&script).map_err(|error| DatabaseError::Sql { doing, error })
    })();
    database.unlock();
    Ok(result?)
}

/// Returns the statements that hold the other tool off on PostgreSQL: its own lock, and its table against writing.
fn lock_out_other_tool(
    database: &mut dyn Database,
    source: &Source,
    history: &History,
) -> Result<Vec<String>, DatabaseError> {
    let dialect = database.dialect();
    let (schema, table) = history.table.split_once('.').unwrap_or(("public", &history.table));
    let mut statements = vec![format!("LOCK TABLE {} IN SHARE MODE", quote::qualified(&[schema, table]))];
    let Some(lock) = source.lock else { return Ok(statements) };
    let rows = database
        .query("SELECT pg_catalog.current_database()")
        .map_err(|error| DatabaseError::Sql { doing: "asking for the database's name".to_owned(), error })?;
    let names = Names {
        database: rows.into_iter().flatten().flatten().next().unwrap_or_default(),
        schema: schema.to_owned(),
        table: table.to_owned(),
    };
    if let Some(key) = lock(&names) {
        let condition = format!("pg_catalog.pg_try_advisory_xact_lock({key})");
        let message = format!("{} is running on this database; import once it has ended", source.title);
        statements.insert(0, (dialect.scripting.refuse_unless)(&condition, &message));
    }
    Ok(statements)
}

/// Sets `alembic_version_table` in migrate.toml, by which every run keeps Alembic's table in step.
fn keep_alembic_version(
    config: &Config,
    history: Option<&History>,
    files: &Files,
    session: &Session,
) -> Result<(), Failure> {
    let table = history.map(|history| history.table.clone()).or_else(|| files.table.clone());
    let table = table.unwrap_or_else(|| "alembic_version".to_owned());
    let path = config.root.join(crate::config::FILE_NAME);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let line = format!("alembic_version_table = \"{table}\"");
    if text.lines().any(|line| line.trim_start().starts_with("alembic_version_table")) {
        return Ok(());
    }
    let mut lines: Vec<&str> = text.lines().collect();
    match lines.iter().position(|line| line.trim() == "[database]") {
        Some(at) => lines.insert(at + 1, &line),
        None => lines.extend(["", "[database]", &line]),
    }
    std::fs::write(&path, format!("{}\n", lines.join("\n")))
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))?;
    session.output.say(format_args!(
        "{} keeps {table} in step from now on; remove `{line}` once Alembic is no longer used",
        path.display()
    ));
    Ok(())
}

/// Returns the path as it is shortest to read: relative to the current folder where it lies below it.
fn shown(path: &Path) -> std::path::Display<'_> {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display()
}

struct Report<'a> {
    arguments: &'a Arguments,
    source: &'a Source,
    files: &'a Files,
    history: Option<&'a History>,
    plan: &'a Plan,
    paths: &'a [PathBuf],
    verdict: Option<&'a Verdict>,
}

impl Report<'_> {
    /// What was found about the row of a revision: `match`, `edited`, `unknown`, or `pending` without a row.
    fn check_of(&self, revision: &Revision) -> &'static str {
        let found = self.plan.matches.iter().find(|found| found.revision.as_ref() == Some(&revision.id));
        match found {
            Some(found) => found.check.name(),
            None if self.history.is_some() => "pending",
            None => "",
        }
    }
}

fn report(report: &Report, session: &Session) {
    if session.output.json {
        session.output.json(&as_json(report));
        return;
    }
    let output = &session.output;
    let (plan, dry) = (report.plan, report.arguments.dry_run);
    let width = plan.taken.iter().map(|taken| taken.revision.id.chars().count()).max().unwrap_or(0);
    for (taken, path) in plan.taken.iter().zip(report.paths) {
        let what = if taken.is_there { "exists as" } else { "→" };
        output.result(format_args!(
            "{:width$}  {:8}  {} {what} {}",
            taken.revision.id,
            report.check_of(&taken.revision),
            shown(&taken.from),
            shown(path)
        ));
        taken.notes.iter().for_each(|note| output.result(format_args!("{:width$}  note: {note}", "")));
    }
    for (taken, path) in plan.taken.iter().zip(report.paths).filter(|(taken, _)| taken.is_there) {
        let imported = report.files.revisions.iter().find(|imported| imported.id == taken.revision.id);
        let differs = imported.is_some_and(|imported| {
            let sections = |sections: &[Section]| -> Vec<String> {
                sections.iter().map(|section| section.text.trim().to_owned()).collect()
            };
            let there = (sections(&taken.revision.upgrade), sections(&taken.revision.downgrade));
            there != (sections(&imported.upgrade), sections(&imported.downgrade))
        });
        if report.arguments.record && differs {
            output.warn(format_args!(
                "{} exists and is unchanged, without what was recorded now: delete it and run the same import again",
                shown(path)
            ));
        }
    }
    for found in plan.matches.iter().filter(|found| found.check == Check::MissingFile) {
        let name = if found.row.name.is_empty() { String::new() } else { format!(" ({})", found.row.name) };
        output.result(format_args!(
            "missing file: {}{name} was applied, but its file is missing; it is not adopted",
            found.row.original
        ));
    }
    for left in &report.files.left_out {
        output.result(format_args!("left out: {}: {}", left.what, left.why));
    }
    if !plan.matches.is_empty() && plan.matches.iter().all(|found| found.row.checksum.is_none()) {
        let title = report.source.title;
        output.result(format_args!("note: {title} keeps no checksums here, so whether a file was edited is unknown"));
    }
    report.files.notes.iter().chain(&plan.notes).for_each(|note| output.result(format_args!("note: {note}")));
    for id in &plan.gaps {
        output.result(format_args!("pending: {id} is not applied, but a revision after it is"));
    }
    let edited = plan.matches.iter().filter(|found| found.check == Check::Edited);
    for found in edited {
        let id = found.revision.as_deref().unwrap_or_default();
        output.warn(match found.fate {
            RowOutcome::ToRunAgain => {
                format!("{id} was changed since {} ran it; the next upgrade runs it again", report.source.title)
            }
            _ => format!("the file of {id} is not the one that {} ran here", report.source.title),
        });
    }
    let new = plan.taken.iter().filter(|taken| !taken.is_there).count();
    let would = if dry { "would be " } else { "" };
    if new == 0 && plan.rows.is_empty() {
        output.result("nothing to do: every file exists and every row is adopted");
    } else {
        output.result(format_args!(
            "{} {would}written, {} {would}adopted",
            counted(new, "revision file"),
            counted(plan.rows.len(), "row")
        ));
    }
    match report.verdict {
        None if report.source.name != "alembic" => {}
        None => output.say("not proved: pass --prove to compare the revisions with Alembic's own run"),
        Some(Verdict::Proved { revisions, but }) => {
            output.result(format_args!(
                "proved: {} build what Alembic builds, schema and rows",
                counted(*revisions, "revision")
            ));
            if let Some(but) = but {
                output.result(format_args!("not proved: {but}"));
            }
        }
        Some(Verdict::NotProved { proved, why }) => {
            output.result(format_args!("proved: {}", counted(*proved, "revision")));
            output.warn(format_args!("not proved after that: {why}"));
        }
        Some(Verdict::Differs { revision, way, lines }) => {
            output.warn(format_args!(
                "{revision}, on the way {way}, does not match Alembic, whose database has this instead:"
            ));
            lines.iter().for_each(|line| output.result(format_args!("  {line}")));
        }
    }
    match report.history {
        None if report.arguments.files_only => {}
        None => output.say(format_args!(
            "this database has no table {}, so nothing counts as applied",
            report.arguments.table.as_deref().unwrap_or(report.source.table)
        )),
        Some(_) if dry => {}
        Some(_) => output.say("next: `migrate current`, `migrate verify`"),
    }
}

fn as_json(report: &Report) -> serde_json::Value {
    let plan = report.plan;
    let revisions: Vec<_> = plan
        .taken
        .iter()
        .zip(report.paths)
        .map(|(taken, path)| {
            json!({
                "revision": taken.revision.id, "original": taken.original, "from": taken.from, "path": path,
                "written": !taken.is_there && !report.arguments.dry_run, "check": report.check_of(&taken.revision),
                "notes": taken.notes,
            })
        })
        .collect();
    let rows: Vec<_> = plan
        .matches
        .iter()
        .map(|found| {
            json!({
                "original": found.row.original, "revision": found.revision, "check": found.check.name(),
                "applied_at": found.row.applied_at,
                "adopted": found.fate == RowOutcome::Adopted, "already_adopted": found.fate == RowOutcome::AlreadyThere,
            })
        })
        .collect();
    let left_out: Vec<_> =
        report.files.left_out.iter().map(|left| json!({ "what": left.what, "why": left.why })).collect();
    let proof = report.verdict.map(|verdict| match verdict {
        Verdict::Proved { revisions, but } => json!({ "proved": revisions, "not_proved": but }),
        Verdict::NotProved { proved, why } => json!({ "proved": proved, "not_proved": why }),
        Verdict::Differs { revision, way, lines } => json!({ "differs": revision, "way": way, "differences": lines }),
    });
    json!({
        "proof": proof,
        "tool": report.source.name, "dry_run": report.arguments.dry_run,
        "table": report.history.map(|history| &history.table), "revisions": revisions, "history": rows,
        "left_out": left_out, "pending_below_applied": plan.gaps,
        "notes": report.files.notes.iter().chain(&plan.notes).collect::<Vec<_>>(),
    })
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Refused { what, hint } | ImportError::Python { what, hint, .. } => {
                Failure::new(what).hint(hint)
            }
            ImportError::Database(error) => Failure::from(error),
            other => Failure::new(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_of_the_same_server() {
        assert_eq!(
            with_database("postgresql://u:p@h:1/app?sslmode=require", "x"),
            "postgresql://u:p@h:1/x?sslmode=require"
        );
        assert_eq!(with_database("postgresql://h", "x"), "postgresql://h/x");
        assert_eq!(with_database("postgresql:///app?host=/tmp", "x"), "postgresql:///x?host=/tmp");
    }
}

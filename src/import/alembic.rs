//! Alembic: revisions in Python, printed by Alembic itself through the project's own interpreter, and `alembic_version`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;

use crate::database::{DIALECTS, Database};
use crate::revision::Section;
use crate::sql::Syntax;

use super::python::{self, Steps};
use super::{Files, History, HistoryRow, ImportError, Imported, Project, Source, files, script, table};

pub static SOURCE: Source = Source {
    name: "alembic",
    title: "Alembic",
    reads: "alembic.ini or pyproject.toml, the versions folder and alembic_version",
    usual_folders: &["."],
    table: "alembic_version",
    files: read,
    history,
    lock: None,
};

/// The files make one script: each needs what is above it, and the last one starts it.
const SCRIPT: &str = concat!(
    include_str!("alembic_guard.py"),
    include_str!("alembic.py"),
    include_str!("alembic_record.py"),
    include_str!("alembic_prove.py")
);

/// What the helper answers; see alembic.py.
#[derive(Deserialize)]
struct Answer {
    revisions: Vec<Facts>,
    dialects: BTreeMap<String, BTreeMap<String, Printed>>,
    /// What comes before the first revision, for each dialect.
    #[serde(default)]
    before: BTreeMap<String, Option<Direction>>,
    version_table: Option<String>,
    version_table_schema: Option<String>,
    /// The driver that the project names for each dialect.
    #[serde(default)]
    drivers: BTreeMap<String, Option<String>>,
    /// What tried to reach a database outside of the revisions' functions.
    #[serde(default)]
    tried: Vec<Attempt>,
}

#[derive(Deserialize)]
struct Attempt {
    what: String,
    /// `app/settings.py:12`.
    place: Option<String>,
}

#[derive(Deserialize)]
struct Facts {
    id: String,
    down_revisions: Vec<String>,
    labels: Vec<String>,
    depends_on: Vec<String>,
    message: String,
    created: Option<String>,
    path: PathBuf,
}

#[derive(Deserialize)]
struct Printed {
    upgrade: Direction,
    downgrade: Direction,
}

/// One function for one dialect: its SQL, or why there is none.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Direction {
    sql: String,
    transactional: bool,
    /// The module has no such function.
    missing: bool,
    notes: Vec<String>,
    error: Option<String>,
    /// The line of the revision's file at which it went wrong.
    line: Option<usize>,
    /// It may do something else when Alembic is online.
    unsure: bool,
}

fn read(project: &Project) -> Result<Files, ImportError> {
    let configuration = configuration(project)?;
    let root = configuration.root.clone();
    let interpreter = python::interpreter(project, &root)?;
    let mut request = json!({
        "root": root, "ini": configuration.ini, "toml": configuration.toml, "section": configuration.section,
        "flask": configuration.flask, "name": project.name, "dialects": names(&project.dialects),
        "without_env": project.without_env, "extra": project.extra, "before": project.before.as_deref().map(before),
    });
    let mut answer = asked(&interpreter, &root, &request)?;
    let mut found = Files::default();
    if let Some(recorded) = to_record(&answer, project) {
        request["dialects"] = recorded.keys().cloned().collect::<Vec<_>>().into();
        request["recorded"] = recorded.into_iter().collect::<serde_json::Map<_, _>>().into();
        let again = asked(&interpreter, &root, &request)?;
        take_recorded(&mut answer, again);
    }
    for attempt in &answer.tried {
        let place = attempt.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        found.notes.push(format!("while the project is loaded, {}{place}, which was refused", attempt.what));
    }
    let ids: BTreeSet<&str> = answer.revisions.iter().map(|facts| facts.id.as_str()).collect();
    let mapped = |name: &String| if ids.contains(name.as_str()) { super::legal_id(name) } else { name.clone() };
    for facts in &answer.revisions {
        let mut revision = Imported {
            id: super::legal_id(&facts.id),
            original: facts.id.clone(),
            parents: facts.down_revisions.iter().map(mapped).collect(),
            branch_labels: facts.labels.clone(),
            depends_on: facts.depends_on.iter().map(mapped).collect(),
            message: facts.message.clone(),
            created: facts.created.as_deref().and_then(moment),
            path: facts.path.strip_prefix(&root).unwrap_or(&facts.path).to_owned(),
            ..Imported::default()
        };
        let printed = answer.dialects.iter().filter_map(|(dialect, all)| Some((dialect.as_str(), all.get(&facts.id)?)));
        for (dialect, printed) in printed {
            let syntax = DIALECTS.iter().find(|known| known.name == dialect).map(|known| known.syntax);
            take(&printed.upgrade, dialect, syntax, "", &mut revision.upgrade, &mut revision.notes);
            if let Some(error) = &printed.upgrade.error {
                let why = format!("Alembic could not print revision {} for {dialect}: {error}", facts.id);
                revision.upgrade.extend(script::to_be_written(&why).into_iter().filter(|own| own.dialect == syntax));
            }
            take(&printed.downgrade, dialect, syntax, "downgrade ", &mut revision.downgrade, &mut revision.notes);
        }
        join(&mut revision.upgrade, project.dialects.len());
        join(&mut revision.downgrade, project.dialects.len());
        found.revisions.push(revision);
    }
    if let Some(first) = first_of(&answer, project) {
        for root in found.revisions.iter_mut().filter(|revision| revision.parents.is_empty()) {
            root.parents.push(first.id.clone());
        }
        found.revisions.insert(0, first);
    }
    found.table = answer.version_table.map(|table| match answer.version_table_schema {
        Some(schema) => format!("{schema}.{table}"),
        None => table,
    });
    Ok(found)
}

/// Starts Alembic's own run of the project on the empty throw-away database at `url`, one revision after another.
///
/// Its steps are `{"at": id}` after each revision, `{"up": true}` at the heads, `{"down": id}` after each that was undone, and
/// `{"failed": reason}`.
///
/// # Errors
/// The project's configuration or Python is missing.
pub fn steps(project: &Project, url: &str) -> Result<Steps, ImportError> {
    let configuration = configuration(project)?;
    let interpreter = python::interpreter(project, &configuration.root)?;
    let request = json!({
        "root": configuration.root, "ini": configuration.ini, "toml": configuration.toml, "prove": url,
        "section": configuration.section, "flask": configuration.flask, "extra": project.extra,
        "before": project.before.as_deref().map(before),
    });
    Steps::start(&interpreter, SCRIPT, &configuration.root, &request)
}

fn asked(interpreter: &Path, root: &Path, request: &serde_json::Value) -> Result<Answer, ImportError> {
    let answer = python::ask(interpreter, SCRIPT, root, request.clone())?;
    serde_json::from_value(answer).map_err(|error| {
        ImportError::refused(
            format!("what Alembic printed can't be read: {error}"),
            "this is a fault of migrate; report it with the version of Alembic",
        )
    })
}

/// Returns what the helper is asked to record for each dialect: the functions that could not be printed, or that do
/// something else online; None if there are none, or no recording was asked for.
fn to_record(answer: &Answer, project: &Project) -> Option<BTreeMap<String, serde_json::Value>> {
    let mut all = BTreeMap::new();
    for dialect in DIALECTS {
        let Some((_, url)) = project.record.iter().find(|(syntax, _)| *syntax == dialect.syntax) else { continue };
        let Some(printed) = answer.dialects.get(dialect.name) else { continue };
        let mut revisions = BTreeMap::new();
        for (id, printed) in printed {
            let both = [("upgrade", &printed.upgrade), ("downgrade", &printed.downgrade)];
            let wanted: Vec<&str> = both
                .into_iter()
                .filter(|(_, direction)| direction.error.is_some() || direction.unsure)
                .map(|(name, _)| name)
                .collect();
            if !wanted.is_empty() {
                revisions.insert(id, wanted);
            }
        }
        let before = answer.before.get(dialect.name).and_then(Option::as_ref).is_some_and(|before| before.unsure);
        if before || !revisions.is_empty() {
            let driver = answer.drivers.get(dialect.name);
            all.insert(dialect.name.to_owned(), json!({ "url": url, "driver": driver, "revisions": revisions }));
        }
    }
    (!all.is_empty()).then_some(all)
}

/// Puts what was recorded in the place of what could not be printed; what could not be recorded either says both reasons.
fn take_recorded(answer: &mut Answer, recorded: Answer) {
    for (dialect, before) in recorded.before {
        if before.is_some() {
            answer.before.insert(dialect, before);
        }
    }
    for (dialect, revisions) in recorded.dialects {
        let Some(printed) = answer.dialects.get_mut(&dialect) else { continue };
        for (id, recorded) in revisions {
            let Some(printed) = printed.get_mut(&id) else { continue };
            let both = [(&mut printed.upgrade, recorded.upgrade), (&mut printed.downgrade, recorded.downgrade)];
            for (printed, recorded) in both.into_iter().filter(|(_, recorded)| !recorded.missing) {
                match (&mut printed.error, &recorded.error) {
                    (_, None) => *printed = recorded,
                    (Some(error), Some(own)) if own.starts_with("not recorded") => error.push_str(&format!("; {own}")),
                    (Some(error), Some(own)) => {
                        error.push_str(&format!("; recording it failed: {own}"));
                        printed.line = recorded.line.or(printed.line);
                    }
                    (None, Some(own)) => printed.notes.push(format!("what it does online is not recorded: {own}")),
                }
            }
        }
    }
}

/// An SQL file is named from where the command is given; MODULE:NAME is Python's.
fn before(text: &str) -> String {
    let file = text.ends_with(".sql").then(|| std::path::absolute(text).ok()).flatten();
    file.map_or_else(|| text.to_owned(), |file| file.display().to_string())
}

/// Returns the revision for what the project's own code makes before Alembic's first one.
fn first_of(answer: &Answer, project: &Project) -> Option<Imported> {
    let id = ["initial", "before_alembic", "before_all_of_alembic"]
        .into_iter()
        .find(|id| answer.revisions.iter().all(|facts| facts.id != *id))?;
    let mut first = Imported {
        id: id.to_owned(),
        original: id.to_owned(),
        message: "what exists before Alembic's first revision".to_owned(),
        path: PathBuf::from(project.before.as_deref().unwrap_or_default()),
        ..Imported::default()
    };
    for (dialect, printed) in &answer.before {
        let Some(printed) = printed.as_ref().filter(|printed| !script::does_nothing(&printed.sql)) else { continue };
        let syntax = DIALECTS.iter().find(|known| known.name == dialect).map(|known| known.syntax);
        take(printed, dialect, syntax, "", &mut first.upgrade, &mut first.notes);
    }
    join(&mut first.upgrade, project.dialects.len());
    (!first.upgrade.is_empty()).then_some(first)
}

/// Adds what was printed for one dialect as a section, or the reason why there is none as a note.
fn take(
    printed: &Direction,
    dialect: &str,
    syntax: Option<Syntax>,
    prefix: &str,
    sections: &mut Vec<Section>,
    notes: &mut Vec<String>,
) {
    if let Some(error) = &printed.error {
        let line = printed.line.map(|line| format!(" (line {line})")).unwrap_or_default();
        notes.push(format!("{prefix}{dialect}: no SQL, because {error}{line}"));
        return;
    }
    notes.extend(printed.notes.iter().map(|note| format!("{prefix}{dialect}: {note}")));
    if printed.missing {
        return;
    }
    let mut section = if script::does_nothing(&printed.sql) {
        script::of("-- Nothing to do.\n".to_owned(), true)
    } else {
        let tidied = script::made_section(&printed.sql, printed.transactional, syntax.unwrap_or(Syntax::Postgres));
        notes.extend(tidied.notes.into_iter().map(|note| format!("{prefix}{dialect}: {note}")));
        tidied.section
    };
    section.dialect = syntax.or(section.dialect);
    // What was not seen in the text itself stays beside it, for whoever reviews the file.
    let remarks: String = printed.notes.iter().map(|note| format!("-- {}\n", script::on_one_line(note))).collect();
    section.text.insert_str(0, &remarks);
    sections.push(section);
}

/// Makes one section for every dialect of those that say the same for all that were asked for.
fn join(sections: &mut Vec<Section>, asked: usize) {
    let same = |one: &Section, other: &Section| one.text == other.text && one.transactional == other.transactional;
    if asked > 1 && sections.len() == asked && sections.windows(2).all(|pair| same(&pair[0], &pair[1])) {
        sections.truncate(1);
        for section in sections {
            section.dialect = None;
        }
    }
}

fn names(dialects: &[Syntax]) -> Vec<&'static str> {
    DIALECTS.iter().filter(|dialect| dialects.contains(&dialect.syntax)).map(|dialect| dialect.name).collect()
}

/// Where the project is, and how Alembic is configured there.
struct Configuration {
    /// The folder in which its own command is given.
    root: PathBuf,
    ini: Option<PathBuf>,
    /// A pyproject.toml with a [tool.alembic].
    toml: Option<PathBuf>,
    section: String,
    /// The folder of its migrations, if it is Flask-Migrate's.
    flask: Option<PathBuf>,
}

fn configuration(project: &Project) -> Result<Configuration, ImportError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| ImportError::Io { doing: "cannot find", path, error }
    };
    let path = &project.path;
    let absolute = std::path::absolute(path).map_err(io(path))?;
    let here = || std::path::absolute(".").map_err(io(Path::new(".")));
    let named = project.name.clone();
    let mut found =
        Configuration { root: absolute.clone(), ini: None, toml: None, section: "alembic".to_owned(), flask: None };
    if absolute.is_file() {
        // As with `alembic -c`: a relative script_location is looked for where the command is given.
        found.root = here()?;
        if absolute.extension().is_some_and(|extension| extension == "toml") {
            found.toml = Some(absolute);
        } else {
            found.ini = Some(absolute);
        }
    } else {
        let candidates = [absolute.join("alembic.ini"), absolute.join("migrations/alembic.ini")];
        found.ini = candidates.into_iter().find(|path| path.is_file());
        let toml = absolute.join("pyproject.toml");
        if toml.is_file() {
            let table: toml::Table = files::text(&toml)?
                .parse()
                .map_err(|error: toml::de::Error| ImportError::file(&toml, 1, error.message().to_owned()))?;
            found.toml = table.get("tool").and_then(|tool| tool.get("alembic")).map(|_| toml);
        }
    }
    let Some(ini) = &found.ini else {
        return match found.toml {
            Some(_) => Ok(found),
            None => Err(ImportError::refused(
                format!("{} has neither an alembic.ini nor a pyproject.toml with [tool.alembic]", path.display()),
                "name the folder or the configuration file of the Alembic project",
            )),
        };
    };
    let text = files::text(ini)?;
    let is_section = |name: &str| text.lines().any(|line| line.trim() == format!("[{name}]"));
    if let Some(name) = named.filter(|name| is_section(name)) {
        found.section = name;
    }
    let folder = ini.parent().unwrap_or(Path::new("."));
    let key = |line: &str| line.split(['=', ':']).next().is_some_and(|key| key.trim() == "script_location");
    if !text.lines().any(key)
        && std::fs::read_to_string(folder.join("env.py")).is_ok_and(|env| env.contains("current_app"))
    {
        // Flask-Migrate's own command passes the folder, and is given beside it.
        found.flask = Some(folder.to_owned());
        found.root = folder.parent().map_or_else(here, |parent| Ok(parent.to_owned()))?;
    }
    Ok(found)
}

/// Reads the date of a revision's docstring, which has a zone only where the project set one.
fn moment(text: &str) -> Option<String> {
    let with_zone = text.parse::<jiff::Timestamp>();
    let without = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let moment = with_zone.ok().or_else(|| without().map(|zoned| zoned.timestamp()))?;
    Some(moment.round(jiff::Unit::Second).unwrap_or(moment).to_string())
}

/// The rows are the newest applied revisions: what is below them was applied too.
fn history(database: &mut dyn Database, project: &Project, files: &Files) -> Result<Option<History>, ImportError> {
    let usual = files.table.as_deref().unwrap_or(SOURCE.table);
    let Some(table) = table::find(database, project, usual)? else { return Ok(None) };
    table.must_have(&["version_num"], SOURCE.title)?;
    let rows = table::query(
        database,
        &format!("SELECT version_num FROM {} ORDER BY version_num", table.sql),
        "reading Alembic's version table",
    )?;
    let rows: Vec<String> = rows.into_iter().flatten().flatten().collect();
    let applied = below(&rows, &files.revisions)?;
    let mut history = History { table: table.name, ..History::default() };
    history.rows = files
        .revisions
        .iter()
        .filter(|revision| applied.contains(revision.id.as_str()))
        .map(|revision| HistoryRow { original: revision.original.clone(), ..HistoryRow::default() })
        .collect();
    history.notes.push(format!(
        "Alembic is at {}; it keeps no times, so the rows get the time of this import",
        if rows.is_empty() { "base".to_owned() } else { rows.join(", ") }
    ));
    Ok(Some(history))
}

/// Returns the ids at and below Alembic's rows, by parents and by depends_on (ids or branch labels).
fn below<'a>(rows: &[String], revisions: &'a [Imported]) -> Result<BTreeSet<&'a str>, ImportError> {
    let named = |name: &str| {
        revisions
            .iter()
            .find(|revision| revision.id == name)
            .or_else(|| revisions.iter().find(|revision| revision.branch_labels.iter().any(|label| label == name)))
    };
    let mut open = Vec::new();
    for row in rows {
        match revisions.iter().find(|revision| revision.original == *row) {
            Some(revision) => open.push(revision),
            None => {
                return Err(ImportError::refused(
                    format!("the database is at {row}, and the Alembic project has no such revision"),
                    "import from the project that was deployed there, or name its version table with --table",
                ));
            }
        }
    }
    let mut found = BTreeSet::new();
    while let Some(revision) = open.pop() {
        if found.insert(revision.id.as_str()) {
            open.extend(revision.parents.iter().chain(&revision.depends_on).filter_map(|name| named(name)));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_a_row_was_applied() {
        let revision = |id: &str, parents: &[&str], needs: &[&str]| Imported {
            id: id.to_owned(),
            original: id.to_owned(),
            parents: parents.iter().map(|id| (*id).to_owned()).collect(),
            depends_on: needs.iter().map(|id| (*id).to_owned()).collect(),
            ..Imported::default()
        };
        let mut all = vec![revision("a", &[], &[]), revision("b", &["a"], &[]), revision("x", &[], &["side"])];
        all.push(Imported { branch_labels: vec!["side".to_owned()], ..revision("s", &[], &[]) });
        let ids = |rows: &[&str]| {
            let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
            below(&rows, &all).map(|found| found.into_iter().collect::<Vec<_>>().join(" ")).unwrap_or_default()
        };
        assert_eq!(ids(&["b"]), "a b");
        assert_eq!(ids(&["x", "a"]), "a s x");
        assert!(below(&["gone".to_owned()], &all).is_err());
    }

    #[test]
    fn dates_have_a_zone_afterwards() {
        assert_eq!(moment("2024-05-06 07:08:09.123456").as_deref(), Some("2024-05-06T07:08:09Z"));
        assert_eq!(moment("2024-05-06 07:08:09+02:00").as_deref(), Some("2024-05-06T05:08:09Z"));
        assert_eq!(moment("yesterday"), None);
    }
}

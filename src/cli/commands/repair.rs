//! `migrate repair`: makes the version table say what the user knows to be true.

use clap::Args;
use serde_json::json;

use crate::apply::{ApplyError, integrity, plan};
use crate::cli::failure::Failure;
use crate::cli::progress;
use crate::cli::{Exit, Session};
use crate::database::version_table::AppliedRow;
use crate::database::{Database, DatabaseError, Earlier};
use crate::revision::graph::Graph;
use crate::revision::target::Target;

/// Accept edited revisions, or resume an interrupted one
///
/// Accepts the text of the files as what ran, for the named revisions, or for all that were edited.
#[derive(Args)]
#[command(after_help = "Examples:
  migrate repair                            # accept every edit
  migrate repair 1975ea83b712
  migrate repair 1975ea83b712 --resume-at 3 # its statements 1 and 2 took effect
  migrate repair 1975ea83b712 --forget      # remove the row of a revision that has no file any more")]
pub struct Arguments {
    /// Ids or id prefixes
    #[arg(value_name = "REV")]
    revisions: Vec<String>,
    /// Resume an interrupted `no-transaction` section at statement N
    #[arg(long, value_name = "N", conflicts_with = "forget")]
    resume_at: Option<u32>,
    /// Remove the rows of revisions without a file from the version table
    #[arg(long)]
    forget: bool,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let options = progress::options(session, None)?;
    let graph = session.graph()?;
    let mut database = session.writer()?;
    let output = &session.output;
    // What is written is decided under the lock, from rows as they are now.
    let waited = plan::lock(&mut *database, &options, &mut |holder| output.say(progress::waiting(holder)))?;
    let graph = if waited { session.graph_read_again()? } else { graph };
    let rows = database.applied(&options.version_table)?.unwrap_or_default();
    let named = named(&arguments.revisions, &graph, &rows)?;
    let changes = match (arguments.resume_at, arguments.forget) {
        (None, false) => accepted(&named, &graph, &rows, &mut *database, &options)?,
        (Some(at), _) => vec![resumed(&named, at, &graph, &mut *database, &options.version_table)?],
        (None, true) => forgotten(&named, &graph, &*database, &options.version_table)?,
    };
    if !changes.is_empty() {
        write(&mut *database, &changes, &options)?;
    }
    database.unlock();
    let output = &session.output;
    if output.json {
        let repaired: Vec<_> =
            changes.iter().map(|change| json!({ "revision": change.revision, "repaired": change.words })).collect();
        output.json(&json!({ "database": database.place(), "repaired": repaired }));
        return Ok(Exit::Done);
    }
    for change in &changes {
        output.result(format_args!("{}: {}", change.revision, change.words));
    }
    if changes.is_empty() {
        output.say("nothing to do: no applied revision was edited");
    }
    Ok(Exit::Done)
}

struct Change {
    revision: String,
    statement: String,
    words: String,
}

/// Returns the rows that the arguments name; a revision may have no file.
fn named<'r>(names: &[String], graph: &Graph, rows: &'r [AppliedRow]) -> Result<Vec<&'r AppliedRow>, Failure> {
    let mut found = Vec::new();
    for name in names {
        let exact = rows.iter().find(|row| row.revision == *name);
        let row = match exact {
            Some(row) => Some(row),
            None => {
                let mut beginning =
                    rows.iter().filter(|row| name.len() >= 4 && row.revision.starts_with(name.as_str()));
                match (beginning.next(), beginning.next()) {
                    (Some(row), None) => Some(row),
                    (Some(_), Some(_)) => {
                        return Err(Failure::usage(format!("`{name}` is a prefix of several applied revisions"))
                            .hint("write more of the id"));
                    }
                    (None, _) => {
                        let target = graph.resolve(None, &Target::parse(name)?)?;
                        target.first().and_then(|revision| rows.iter().find(|row| row.revision == revision.id))
                    }
                }
            }
        };
        found.push(
            row.ok_or_else(|| Failure::new(format!("revision {name} is not applied, so there is nothing to repair")))?,
        );
    }
    Ok(found)
}

fn accepted(
    named: &[&AppliedRow],
    graph: &Graph,
    rows: &[AppliedRow],
    database: &mut dyn Database,
    options: &crate::apply::Options,
) -> Result<Vec<Change>, Failure> {
    for row in named {
        if graph.get(&row.revision).is_none_or(|revision| revision.id != row.revision) {
            return Err(Failure::new(format!("revision {} has no file to accept", row.revision))
                .hint("restore the file, or remove its row with --forget"));
        }
        if row.is_half_done() {
            return Err(Failure::new(format!("revision {} was interrupted", row.revision))
                .hint("pass --resume-at N, the number of the statement to run next"));
        }
    }
    // What can't be read can't be accepted; a conflict's markers least of all.
    let meant = if named.is_empty() { rows.to_vec() } else { named.iter().map(|row| (*row).clone()).collect() };
    integrity::refuse_broken(graph, &meant)?;
    let all: Vec<&AppliedRow> = if named.is_empty() { rows.iter().collect() } else { named.to_vec() };
    let dialect = database.dialect();
    let table = database.version_table(&options.version_table);
    let mut changes = Vec::new();
    for row in all {
        let Some(revision) = graph.get(&row.revision).filter(|revision| revision.id == row.revision) else { continue };
        if graph.broken(&row.revision).is_some() || !integrity::is_edited(row, revision, dialect) {
            continue;
        }
        changes.push(Change {
            revision: row.revision.clone(),
            statement: integrity::accept(&table, revision, dialect),
            words: format!("accepted {} as the text that ran", revision.path.display()),
        });
    }
    Ok(changes)
}

fn resumed(
    named: &[&AppliedRow],
    at: u32,
    graph: &Graph,
    database: &mut dyn Database,
    version_table: &str,
) -> Result<Change, Failure> {
    let [row] = named else { return Err(Failure::usage("--resume-at takes one revision; name it")) };
    if !row.is_half_done() {
        return Err(Failure::new(format!("revision {} was not interrupted; it is {}", row.revision, row.state.name())));
    }
    if let Some(run) = &row.run {
        let earlier = database.earlier(run, row.run_process.as_deref());
        let doing = || format!("checking whether the run of {} has ended", row.revision);
        let earlier = earlier.map_err(|error| DatabaseError::Sql { doing: doing(), error })?;
        if let Earlier::AtWork(words) = earlier {
            let revision = row.revision.clone();
            return Err(ApplyError::EarlierAtWork { revision, words, waited_seconds: 0 }.into());
        }
    }
    let revision = graph.get(&row.revision).filter(|revision| revision.id == row.revision);
    let revision = revision.ok_or_else(|| Failure::new(format!("revision {} has no file to resume", row.revision)))?;
    let table = database.version_table(version_table);
    let statement = integrity::resume(&table, revision, row.state, at, database.dialect()).map_err(Failure::usage)?;
    let words = format!("the next run resumes at statement {at}");
    Ok(Change { revision: row.revision.clone(), statement, words })
}

fn forgotten(
    named: &[&AppliedRow],
    graph: &Graph,
    database: &dyn Database,
    version_table: &str,
) -> Result<Vec<Change>, Failure> {
    if named.is_empty() {
        return Err(Failure::usage("--forget needs the revisions whose rows are to be removed"));
    }
    let table = database.version_table(version_table);
    let change = |row: &&AppliedRow| {
        if graph.get(&row.revision).is_some() {
            return Err(Failure::new(format!("revision {} has a file", row.revision))
                .hint("`migrate downgrade` undoes it; `migrate stamp` marks it as not applied"));
        }
        let statement = crate::database::version_table::delete(&table, &[&row.revision], database.dialect());
        Ok(Change { revision: row.revision.clone(), statement, words: "removed from the version table".to_owned() })
    };
    named.iter().map(change).collect()
}

fn write(database: &mut dyn Database, changes: &[Change], options: &crate::apply::Options) -> Result<(), Failure> {
    let scripting = &database.dialect().scripting;
    let mut script = (scripting.begin)(options.lock_timeout);
    let lock = (scripting.lock_table)(&database.version_table(&options.version_table));
    let changes = changes.iter().map(|change| (scripting.must_change)(&change.statement, 1));
    for statement in lock.into_iter().chain(changes) {
        script.push_str(&statement);
        script.push_str(";\n");
    }
    script.push_str("COMMIT");
    let doing = "writing to the version table".to_owned();
    Ok(database.execute(&script).map_err(|error| DatabaseError::Sql { doing, error })?)
}

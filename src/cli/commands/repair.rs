//! `migrate repair`: makes the version table say what a person knows to be true.

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
/// Without more, takes the text of the files as what ran, for the revisions named, or for all that were edited.
#[derive(Args)]
#[command(after_help = "Examples:
  migrate repair                            # accept every edit
  migrate repair 1975ea83b712
  migrate repair 1975ea83b712 --resume-at 3 # its statements 1 and 2 took effect
  migrate repair 1975ea83b712 --forget      # take out the row of a revision whose file is gone")]
pub struct Arguments {
    /// Ids or their beginnings
    #[arg(value_name = "REV")]
    revisions: Vec<String>,
    /// The statement with which the next run goes on, for a `no-transaction` section that was cut off
    #[arg(long, value_name = "N", conflicts_with = "forget")]
    resume_at: Option<u32>,
    /// Take the revisions' rows out of the version table; only for revisions that have no file
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
                        return Err(Failure::usage(format!("`{name}` is the beginning of several applied revisions"))
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
            return Err(Failure::new(format!("revision {} has no file that could be accepted", row.revision))
                .hint("bring the file back, or take its row out with --forget"));
        }
        if row.is_half_done() {
            return Err(Failure::new(format!("revision {} was cut off half way", row.revision))
                .hint("say with --resume-at N which of its statements is the next to run"));
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
    let [row] = named else { return Err(Failure::usage("--resume-at is about one revision; name it")) };
    if !row.is_half_done() {
        return Err(Failure::new(format!("revision {} was not cut off; it is {}", row.revision, row.state.name())));
    }
    if let Some(run) = &row.run {
        let earlier = database.earlier(run, row.run_process.as_deref());
        let doing = || format!("looking whether the run of {} has ended", row.revision);
        let earlier = earlier.map_err(|error| DatabaseError::Sql { doing: doing(), error })?;
        if let Earlier::AtWork(words) = earlier {
            let revision = row.revision.clone();
            return Err(ApplyError::EarlierAtWork { revision, words, waited_seconds: 0 }.into());
        }
    }
    let revision = graph.get(&row.revision).filter(|revision| revision.id == row.revision);
    let revision =
        revision.ok_or_else(|| Failure::new(format!("revision {} has no file to go on with", row.revision)))?;
    let table = database.version_table(version_table);
    let statement = integrity::resume(&table, revision, row.state, at, database.dialect()).map_err(Failure::usage)?;
    let words = format!("the next run goes on with statement {at}");
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
                .hint("`migrate downgrade` undoes it; `migrate stamp` says that it is not applied"));
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

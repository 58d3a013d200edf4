//! `migrate current`: where the database is.

use clap::Args;
use serde_json::json;

use crate::apply::{integrity, plan};
use crate::cli::failure::Failure;
use crate::cli::progress::first_line;
use crate::cli::{Exit, Session};
use crate::database::version_table::{AppliedRow, State};
use crate::words::counted;

/// Show which revisions the database is at
///
/// Prints the last applied revision of each branch, and how many revisions are pending. Creates nothing, not even
/// the version table.
#[derive(Args)]
#[command(after_help = "Examples:
  migrate current
  migrate current --check-heads   # exit code 1 unless everything is applied")]
pub struct Arguments {
    /// Exit with 1 unless the database is at the heads of all branches
    #[arg(short = 'k', long)]
    check_heads: bool,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let table = session.config()?.database.version_table.clone();
    let graph = session.graph()?;
    let mut database = session.reader()?;
    let rows = database.applied(&table)?.unwrap_or_default();
    let applied = plan::applied(&rows);
    let mut unknown = graph.unknown(&applied);
    let mut known = applied.clone();
    known.retain(|id| unknown.binary_search(id).is_err());
    let heads = graph.heads_of(&known);
    let effective = graph.effective(&known);
    let pending = graph.revisions().filter(|revision| !effective.contains(revision.id.as_str())).count();
    let row = |id: &str| rows.iter().find(|row| row.revision == id);
    let half_done: Vec<&AppliedRow> =
        rows.iter().filter(|row| matches!(row.state, State::Running | State::Reverting)).collect();
    unknown.retain(|id| !half_done.iter().any(|row| row.revision == *id));
    let progress = integrity::half_done(&graph, &rows, database.dialect());
    let gaps = integrity::gaps(&graph, &rows, &applied);
    let is_head = |id: &str| graph.children(id).is_empty();
    let output = &session.output;
    if output.json {
        let describe = |id: &str, message: &str, row: Option<&AppliedRow>, known: bool| {
            json!({
                "revision": id, "message": message, "head": known && is_head(id), "known": known,
                "state": row.map(|row| row.state.name()), "applied_at": row.map(|row| &row.applied_at),
                "applied_by": row.map(|row| &row.applied_by),
            })
        };
        let heads: Vec<_> = heads.iter().map(|head| describe(&head.id, &head.message, row(&head.id), true)).collect();
        let unknown: Vec<_> = unknown
            .iter()
            .filter_map(|id| row(id))
            .map(|row| describe(&row.revision, &row.message, Some(row), false))
            .collect();
        let half_done: Vec<_> = half_done
            .iter()
            .map(|row| json!({ "revision": row.revision, "state": row.state.name(), "statements_done": row.statements_done }))
            .collect();
        output.json(&json!({
            "database": database.place(), "heads": heads, "unknown": unknown, "half_done": half_done, "pending": pending,
        }));
    } else {
        output.detail(database.place());
        for head in &heads {
            let mark = if is_head(&head.id) { " (head)" } else { "" };
            let mut line = format!("{}{mark}", head.id);
            if !head.message.is_empty() {
                line.push_str(&format!("  {}", first_line(&head.message)));
            }
            if let Some(row) = row(&head.id).filter(|_| output.verbose) {
                line.push_str(&format!("  ({} {} by {})", row.state.name(), row.applied_at, row.applied_by));
            }
            output.result(line);
        }
        for row in unknown.iter().filter_map(|id| row(id)) {
            output.result(format_args!("{} (no file)  {}", row.revision, first_line(&row.message)));
        }
        for row in &half_done {
            output.result(format_args!("{} ({})  {}", row.revision, progress[&row.revision], first_line(&row.message)));
        }
        for (missing, after) in &gaps {
            output.warn(format_args!("{missing} is not applied, but {after}, which needs it, is"));
        }
        if heads.is_empty() && unknown.is_empty() && half_done.is_empty() {
            output.say("nothing is applied");
        }
        if pending > 0 {
            let ends = if graph.real_heads().len() > 1 { "the heads" } else { "head" };
            output.say(format_args!("{} behind {ends}", counted(pending, "revision")));
        }
    }
    let complete = pending == 0 && unknown.is_empty() && half_done.is_empty();
    if arguments.check_heads && !complete {
        return Ok(Exit::CheckFailed);
    }
    Ok(Exit::Done)
}

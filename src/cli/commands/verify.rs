//! `migrate verify`: do the files and the version table still agree?

use clap::Args;
use serde_json::json;

use crate::apply::{integrity, plan};
use crate::cli::failure::Failure;
use crate::cli::failure::in_a_line;
use crate::cli::progress::{self, first_line};
use crate::cli::{Exit, Session};
use crate::database::version_table::{AppliedRow, State};
use crate::words::counted;

/// Check the files against what ran, and against each other
///
/// Reports revisions that were edited since they ran, with the difference; rows without a file; revisions that were
/// interrupted; unapplied revisions before an applied one; drafts; and what is wrong with the graph. Exits with 1 if there is any of these.
#[derive(Args)]
pub struct Arguments {}

pub fn run(_: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let options = progress::options(session, None)?;
    let graph = session.graph()?;
    let mut database = session.reader()?;
    let rows = database.applied(&options.version_table)?.unwrap_or_default();
    let edits = plan::edits(&mut *database, &graph, &rows, &options)?;
    let unknown = graph.unknown(&rows.iter().map(|row| row.revision.clone()).collect());
    let missing: Vec<&AppliedRow> = rows.iter().filter(|row| unknown.contains(&row.revision)).collect();
    let half_done: Vec<&AppliedRow> =
        rows.iter().filter(|row| matches!(row.state, State::Running | State::Reverting)).collect();
    let progress = integrity::half_done(&graph, &rows, database.dialect());
    let gaps = integrity::gaps(&graph, &rows, &plan::applied(&rows));
    let drafts: Vec<_> = graph.revisions().filter(|revision| revision.draft.is_some()).collect();
    let output = &session.output;
    if output.json {
        output.json(&json!({
            "database": database.place(),
            "applied": rows.len(),
            "edited": edits.iter().map(|edit| json!({
                "revision": edit.revision, "path": edit.path, "difference": edit.difference,
                "applied_at": edit.applied_at, "applied_by": edit.applied_by,
            })).collect::<Vec<_>>(),
            "missing": missing.iter().map(|row| json!({
                "revision": row.revision, "message": row.message, "applied_at": row.applied_at, "applied_by": row.applied_by,
            })).collect::<Vec<_>>(),
            "half_done": half_done.iter().map(|row| json!({
                "revision": row.revision, "state": row.state.name(), "statements_done": row.statements_done,
            })).collect::<Vec<_>>(),
            "gaps": gaps.iter().map(|(missing, after)| json!({
                "revision": missing, "applied_after_it": after,
            })).collect::<Vec<_>>(),
            "drafts": drafts.iter().map(|revision| json!({
                "revision": revision.id, "path": revision.path, "reason": revision.draft.as_ref().map(|draft| &draft.reason),
            })).collect::<Vec<_>>(),
            "faults": graph.faults().iter().map(in_a_line).collect::<Vec<_>>(),
        }));
    } else {
        for edit in &edits {
            output.result(format_args!("edited since it ran: {} ({})", edit.revision, edit.path.display()));
            match &edit.difference {
                Some(difference) => output.result(difference.trim_end()),
                None => output.result("  the script that ran was not kept"),
            }
        }
        for row in &missing {
            output.result(format_args!(
                "no file: {}  {}  (applied {} by {})",
                row.revision,
                first_line(&row.message),
                row.applied_at,
                row.applied_by
            ));
        }
        for row in &half_done {
            output.result(format_args!("{}: {}", progress[&row.revision], row.revision));
        }
        for (missing, after) in &gaps {
            output.result(format_args!("not applied: {missing}, but {after}, which needs it, is"));
        }
        for revision in &drafts {
            let reason = revision.draft.as_ref().map_or("", |draft| draft.reason.as_str());
            output.result(format_args!("draft: {} ({}): {reason}", revision.id, revision.path.display()));
        }
        for fault in graph.faults() {
            output.result(format_args!("fault: {}", in_a_line(fault)));
        }
    }
    if edits.is_empty()
        && missing.is_empty()
        && half_done.is_empty()
        && gaps.is_empty()
        && drafts.is_empty()
        && graph.faults().is_empty()
    {
        if !output.json {
            output.say(format_args!("{}, none edited", counted(rows.len(), "applied revision")));
        }
        return Ok(Exit::Done);
    }
    if !edits.is_empty() && !output.json {
        output.say("accept intended edits with `migrate repair`");
    }
    Ok(Exit::CheckFailed)
}

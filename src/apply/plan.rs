//! From a target to steps: what the version table says, what the graph says, and whether the files still stand.

use super::integrity;
use super::online::{self, Summary};
use super::room;
use super::stamp::Stamp;
use super::{ApplyError, Edit, Event, Options, Step};
use crate::database::version_table::{self, AppliedRow, State};
use crate::database::{Database, DatabaseError};
use crate::revision::Direction;
use crate::revision::graph::Graph;
use crate::revision::route::Applied;
use crate::revision::target::Target;

/// What is to be done, and on what it was decided.
#[derive(Debug, Default)]
pub struct Plan<'g> {
    pub steps: Vec<Step<'g>>,
    /// The version table; None where there is none yet.
    pub rows: Option<Vec<AppliedRow>>,
    /// Rows that no file describes, which do not matter for this.
    pub unknown: Vec<AppliedRow>,
}

/// Returns the revisions with a row, without those that are half way up.
pub fn applied(rows: &[AppliedRow]) -> Applied {
    let whole = rows.iter().filter(|row| row.state != State::Running);
    whole.map(|row| row.revision.clone()).collect()
}

/// Returns what brings the database up to `target`; asks it one question, and changes nothing.
///
/// # Errors
/// `Graph` for a target that can't be resolved; `Edited` when what ran is not what the files say; `Unknown` when the
/// database has revisions without a file and there is something to do; `Stuck` when a downgrade is half done.
pub fn plan_upgrade<'g>(
    database: &mut dyn Database,
    graph: &'g Graph,
    target: &Target,
    options: &Options,
) -> Result<Plan<'g>, ApplyError> {
    let rows = database.applied(&options.version_table)?;
    let known = rows.as_deref().unwrap_or_default();
    refuse_half_done(known, State::Reverting)?;
    refuse_edits(database, graph, known, options)?;
    let mut applied = applied(known);
    let unknown = unknown_rows(graph, known, &applied);
    unknown.iter().for_each(|row| _ = applied.remove(&row.revision));
    // Older files on a newer database have nothing to do there; anything else would be a guess.
    if !unknown.is_empty() && target.needs_database(graph) {
        return Err(ApplyError::Unknown { rows: unknown });
    }
    let route = graph.upgrade_route(&applied, target)?;
    if !unknown.is_empty() && !route.is_empty() {
        return Err(ApplyError::Unknown { rows: unknown });
    }
    Ok(Plan { steps: route.into_iter().map(Step::up).collect(), rows, unknown })
}

/// Returns what brings the database down to `target`; asks it one question, and changes nothing.
///
/// # Errors
/// As `plan_upgrade`; `NoWayBack` is for `validate` to find.
pub fn plan_downgrade<'g>(
    database: &mut dyn Database,
    graph: &'g Graph,
    target: &Target,
    options: &Options,
) -> Result<Plan<'g>, ApplyError> {
    let rows = database.applied(&options.version_table)?;
    let known = rows.as_deref().unwrap_or_default();
    refuse_half_done(known, State::Running)?;
    let applied = applied(known);
    let unknown = unknown_rows(graph, known, &applied);
    if !unknown.is_empty() {
        return Err(ApplyError::Unknown { rows: unknown });
    }
    let route = graph.downgrade_route(&applied, target)?;
    let step = |revision: &'g crate::revision::Revision| Step::down(revision, graph.rows_of(&applied, &revision.id));
    Ok(Plan { steps: route.into_iter().map(step).collect(), rows, unknown })
}

/// Brings the database up to `target`, under the lock, and returns what was done.
///
/// A database that is there already is asked one question and nothing more.
///
/// # Errors
/// Any `ApplyError`.
pub fn upgrade<'g>(
    database: &mut dyn Database,
    graph: &'g Graph,
    target: &Target,
    options: &Options,
    tell: &mut dyn FnMut(Event<'g>),
) -> Result<Summary, ApplyError> {
    let plan = plan_upgrade(database, graph, target, options)?;
    execute(database, plan, options, tell)
}

/// Brings the database down to `target`, under the lock, and returns what was done.
///
/// # Errors
/// Any `ApplyError`; `NoWayBack` before anything runs.
pub fn downgrade<'g>(
    database: &mut dyn Database,
    graph: &'g Graph,
    target: &Target,
    options: &Options,
    tell: &mut dyn FnMut(Event<'g>),
) -> Result<Summary, ApplyError> {
    let plan = plan_downgrade(database, graph, target, options)?;
    execute(database, plan, options, tell)
}

/// Runs a plan under the lock; what another run has done since it was made is left out.
///
/// # Errors
/// Any `ApplyError`.
pub fn execute<'g>(
    database: &mut dyn Database,
    plan: Plan<'g>,
    options: &Options,
    tell: &mut dyn FnMut(Event<'g>),
) -> Result<Summary, ApplyError> {
    if !plan.unknown.is_empty() {
        tell(Event::UnknownRows { rows: plan.unknown });
    }
    if plan.steps.is_empty() {
        return Ok(Summary::default());
    }
    let dialect = database.dialect();
    let locks = online::validate(&plan.steps, options.transaction, dialect)?;
    if let Some(crowd) = room::crowd(database, locks) {
        tell(Event::Crowded { crowd });
    }
    database.lock(&options.version_table, options.lock_wait, &mut |holder| {
        tell(Event::Waiting { holder: holder.to_owned() });
    })?;
    let result = under_the_lock(database, plan.steps, options, tell);
    database.unlock();
    result
}

fn under_the_lock<'g>(
    database: &mut dyn Database,
    steps: Vec<Step<'g>>,
    options: &Options,
    tell: &mut dyn FnMut(Event<'g>),
) -> Result<Summary, ApplyError> {
    let rows = match database.applied(&options.version_table)? {
        Some(rows) => rows,
        None => {
            make_table(database, options)?;
            Vec::new()
        }
    };
    let whole = applied(&rows);
    let is_done = |step: &Step| {
        let whole = |id: &String| whole.contains(id);
        match step.direction {
            Direction::Upgrade => whole(&step.revision.id),
            Direction::Downgrade => !step.rows.iter().any(whole),
        }
    };
    let (done, left): (Vec<Step>, Vec<Step>) = steps.into_iter().partition(is_done);
    for step in &done {
        tell(Event::AlreadyDone { revision: step.revision, direction: step.direction });
    }
    let summary = online::run(database, &left, &rows, options, tell)?;
    Ok(Summary { already_done: summary.already_done + done.len(), ..summary })
}

/// Returns which rows a stamp of `targets` adds and removes; asks the database one question, and changes nothing.
///
/// Half-done revisions that count as applied afterwards get a new row.
///
/// # Errors
/// `Graph`; `Unknown` when the database has revisions without a file, unless `purge` takes them out.
pub fn plan_stamp<'g>(
    database: &mut dyn Database,
    graph: &'g Graph,
    targets: &[Target],
    purge: bool,
    options: &Options,
) -> Result<Stamp<'g>, ApplyError> {
    let rows = database.applied(&options.version_table)?.unwrap_or_default();
    if purge {
        let whole = graph.stamp(&Applied::new(), targets)?;
        return Ok(Stamp { purge: !rows.is_empty(), remove: Vec::new(), add: whole.add });
    }
    let every: Applied = rows.iter().map(|row| row.revision.clone()).collect();
    let unknown = unknown_rows(graph, &rows, &every);
    if !unknown.is_empty() {
        return Err(ApplyError::Unknown { rows: unknown });
    }
    let half: Vec<&str> = rows
        .iter()
        .filter(|row| matches!(row.state, State::Running | State::Reverting))
        .map(|row| row.revision.as_str())
        .collect();
    let mut planned = graph.stamp(&every, targets)?;
    if !half.is_empty() {
        let whole: Applied = every.into_iter().filter(|id| !half.contains(&id.as_str())).collect();
        planned.add = graph.stamp(&whole, targets)?.add;
        let again = planned.add.iter().map(|revision| revision.id.clone());
        planned.remove.extend(again.filter(|id| half.contains(&id.as_str())));
    }
    Ok(Stamp { purge: false, remove: planned.remove, add: planned.add })
}

/// Makes the version table where it is not there.
///
/// # Errors
/// `Database`, with a hint where its schema is missing.
pub fn make_table(database: &mut dyn Database, options: &Options) -> Result<(), ApplyError> {
    let table = database.version_table(&options.version_table);
    database.execute(&version_table::create(&table, database.dialect())).map_err(|mut error| {
        // invalid_schema_name
        if error.code.as_deref() == Some("3F000") {
            error.hint = Some("migrate makes the version table but not its schema: CREATE SCHEMA … first".to_owned());
        }
        DatabaseError::Sql { doing: format!("making the version table {table}"), error }.into()
    })
}

fn unknown_rows(graph: &Graph, rows: &[AppliedRow], applied: &Applied) -> Vec<AppliedRow> {
    let unknown = graph.unknown(applied);
    rows.iter().filter(|row| unknown.contains(&row.revision)).cloned().collect()
}

fn refuse_half_done(rows: &[AppliedRow], state: State) -> Result<(), ApplyError> {
    let Some(row) = rows.iter().find(|row| row.state == state) else { return Ok(()) };
    let (reason, hint) = match state {
        State::Reverting => (
            "its downgrade was cut off",
            "finish that with `migrate downgrade` to the same target; or undo by hand what it did and `migrate stamp` the revision",
        ),
        _ => (
            "its upgrade was cut off",
            "finish that with `migrate upgrade`; or undo by hand what it did and `migrate stamp` the revision before it",
        ),
    };
    Err(ApplyError::Stuck { revision: row.revision.clone(), reason: reason.to_owned(), hint: hint.to_owned() })
}

/// Compares what ran with what the files say.
fn refuse_edits(
    database: &mut dyn Database,
    graph: &Graph,
    rows: &[AppliedRow],
    options: &Options,
) -> Result<(), ApplyError> {
    let edits = edits(database, graph, rows, options)?;
    if edits.is_empty() { Ok(()) } else { Err(ApplyError::Edited { edits }) }
}

/// Returns the applied revisions whose files say something else than what ran.
///
/// # Errors
/// `Database`, when a script that ran can't be read.
pub fn edits(
    database: &mut dyn Database,
    graph: &Graph,
    rows: &[AppliedRow],
    options: &Options,
) -> Result<Vec<Edit>, ApplyError> {
    let dialect = database.dialect();
    let mut edits = Vec::new();
    for row in rows {
        // The file of a replaced revision may be gone, and its name leads to what replaces it.
        let Some(revision) = graph.get(&row.revision).filter(|revision| revision.id == row.revision) else { continue };
        if graph.broken(&row.revision).is_none() && integrity::is_edited(row, revision, dialect) {
            edits.push(Edit {
                revision: row.revision.clone(),
                path: revision.path.clone(),
                difference: integrity::difference(database, &options.version_table, revision)?,
                applied_at: row.applied_at.clone(),
                applied_by: row.applied_by.clone(),
            });
        }
    }
    Ok(edits)
}

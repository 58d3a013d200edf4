//! From a target to steps: what the version table says, what the graph says, and whether the files still stand.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::integrity;
use super::lock_budget;
use super::online::{self, Summary};
use super::stamp::Stamp;
use super::{ApplyError, Edit, Event, Options, Step};
use crate::database::version_table::{self, AppliedRow, State};
use crate::database::{Database, DatabaseError};
use crate::revision::graph::Graph;
use crate::revision::route::Applied;
use crate::revision::target::Target;
use crate::revision::{Direction, Revision, RevisionId, Section, checksum};

/// What is to be done, and on what it was decided.
#[derive(Debug, Default)]
pub struct Plan<'g> {
    pub steps: Vec<Step<'g>>,
    /// The version table; None if there is none yet.
    pub rows: Option<Vec<AppliedRow>>,
    /// Rows that no file describes, which do not matter for this.
    pub unknown: Vec<AppliedRow>,
}

impl Plan<'_> {
    /// The ids of the revisions to run, in order.
    pub fn ids(&self) -> Vec<RevisionId> {
        self.steps.iter().map(|step| step.revision.id.clone()).collect()
    }
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
    Ok(Plan { steps: steps(graph, applied, route, Direction::Upgrade), rows, unknown })
}

/// Returns what brings the database down to `target`; changes nothing.
///
/// What is undone is the downgrade section that the version table has stored, unless the options say `from_files`; a row
/// without one is undone by its file.
///
/// # Errors
/// As `plan_upgrade`; `NoWayBack` is for `prepare_all` to find.
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
    let going: HashSet<&str> = route.iter().map(|revision| revision.id.as_str()).collect();
    let undone: Vec<AppliedRow> = known.iter().filter(|row| going.contains(row.revision.as_str())).cloned().collect();
    refuse_edits(database, graph, &undone, options)?;
    let mut steps = steps(graph, applied, route, Direction::Downgrade);
    if !options.from_files {
        take_stored(database, &mut steps, options)?;
    }
    Ok(Plan { steps, rows, unknown })
}

/// Returns the steps of a route, each with what the version table must say before it.
pub fn steps<'g>(
    graph: &'g Graph,
    mut applied: Applied,
    route: Vec<&'g Revision>,
    direction: Direction,
) -> Vec<Step<'g>> {
    let mut steps = Vec::with_capacity(route.len());
    for revision in route {
        let id = revision.id.as_str();
        let above = graph.children(id).into_iter().chain(graph.dependents(id));
        steps.push(match direction {
            Direction::Upgrade => {
                let below = graph.parents(id).into_iter().chain(graph.dependencies(id));
                let present = below.flat_map(|needed| graph.rows_of(&applied, &needed.id)).collect();
                let mut absent = vec![revision.id.clone()];
                // A later revision may be applied already, where a row was missing.
                absent.extend(above.map(|above| above.id.clone()).filter(|id| !applied.contains(id)));
                applied.insert(revision.id.clone());
                Step { present, absent, ..Step::up(revision) }
            }
            Direction::Downgrade => {
                let rows = graph.rows_of(&applied, id);
                rows.iter().for_each(|row| _ = applied.remove(row));
                let absent = above.flat_map(|above| std::iter::once(&above.id).chain(&above.replaces)).cloned();
                Step { present: rows.clone(), absent: absent.collect(), ..Step::down(revision, rows) }
            }
        });
    }
    steps
}

/// Gives each step the downgrade section that the version table has of it, where the file's is another by now.
fn take_stored(database: &mut dyn Database, steps: &mut [Step], options: &Options) -> Result<(), ApplyError> {
    if steps.is_empty() {
        return Ok(());
    }
    let dialect = database.dialect();
    let table = database.version_table(&options.version_table);
    let ids: Vec<&str> = steps.iter().map(|step| step.revision.id.as_str()).collect();
    let found = database.query(&version_table::stored_downgrades(&table, &ids, dialect)).map_err(|error| {
        DatabaseError::Sql { doing: format!("reading the stored downgrade sections from {table}"), error }
    })?;
    let mut stored: HashMap<String, String> = HashMap::new();
    for row in found {
        if let [Some(id), Some(text)] = row.as_slice() {
            stored.insert(id.clone(), text.clone());
        }
    }
    for step in steps {
        let section = stored.get(&step.revision.id).and_then(|text| version_table::section_from_stored(text));
        let in_file = step.revision.section(Direction::Downgrade, dialect.syntax);
        let sum = |section: Option<&Section>| checksum::checksum(section, dialect.syntax);
        let differs = |section: &Section| {
            sum(Some(section)) != sum(in_file) || in_file.is_some_and(|own| own.transactional != section.transactional)
        };
        step.stored = section.filter(differs).map(Rc::new);
    }
    Ok(())
}

/// Where to bring a database.
#[derive(Clone, Copy, Debug)]
pub struct Route<'t> {
    pub direction: Direction,
    pub target: &'t Target,
}

impl Route<'_> {
    /// Returns what is to be done; changes nothing.
    ///
    /// # Errors
    /// Those of `plan_upgrade` and `plan_downgrade`.
    pub fn plan<'g>(
        &self,
        database: &mut dyn Database,
        graph: &'g Graph,
        options: &Options,
    ) -> Result<Plan<'g>, ApplyError> {
        match self.direction {
            Direction::Upgrade => plan_upgrade(database, graph, self.target, options),
            Direction::Downgrade => plan_downgrade(database, graph, self.target, options),
        }
    }
}

/// Brings the database to where `route` leads, under the lock, and returns what was done.
///
/// A database that is there already is asked one question and nothing more.
///
/// # Errors
/// Any `ApplyError`; `NoWayBack` before anything runs.
pub fn run_route<'g>(
    database: &mut dyn Database,
    graph: &'g Graph,
    route: Route,
    options: &Options,
    tell: &mut dyn FnMut(Event<'g>),
) -> Result<Summary, ApplyError> {
    let plan = route.plan(database, graph, options)?;
    if plan.steps.is_empty() {
        if !plan.unknown.is_empty() {
            tell(Event::UnknownRows { rows: plan.unknown });
        }
        return Ok(Summary::default());
    }
    lock(database, options, &mut |holder| tell(Event::Waiting { holder: holder.to_owned() }))?;
    let looked = plan.ids();
    under_the_lock(database, graph, route, &looked, false, options, tell)
}

/// Waits for the lock; true: another run had it, so that what was read before may be old.
///
/// # Errors
/// `Database` with `Locked`.
pub fn lock(database: &mut dyn Database, options: &Options, waiting: &mut dyn FnMut(&str)) -> Result<bool, ApplyError> {
    let mut waited = false;
    database.lock(&options.version_table, options.lock_wait, &mut |holder| {
        waited = true;
        waiting(holder);
    })?;
    Ok(waited)
}

/// Plans the route from rows that are read now, under the lock, runs it, and gives the lock back.
///
/// `looked` are the revisions of a plan that was made before the lock was taken: those that another run has done since
/// are reported. If they were `confirmed` one by one, any other plan is refused.
///
/// # Errors
/// Any `ApplyError`; `Changed` when the plan is not the one that was confirmed.
pub fn under_the_lock<'g>(
    database: &mut dyn Database,
    graph: &'g Graph,
    route: Route,
    looked: &[RevisionId],
    confirmed: bool,
    options: &Options,
    tell: &mut dyn FnMut(Event<'g>),
) -> Result<Summary, ApplyError> {
    let result = plan_and_run(database, graph, route, looked, confirmed, options, tell);
    database.unlock();
    result
}

fn plan_and_run<'g>(
    database: &mut dyn Database,
    graph: &'g Graph,
    route: Route,
    looked: &[RevisionId],
    confirmed: bool,
    options: &Options,
    tell: &mut dyn FnMut(Event<'g>),
) -> Result<Summary, ApplyError> {
    let plan = route.plan(database, graph, options)?;
    let ids = plan.ids();
    if confirmed && ids != looked {
        return Err(ApplyError::Changed {
            revision: looked.first().cloned().unwrap_or_default(),
            reason: "another run changed the database after this run was confirmed".to_owned(),
        });
    }
    if !plan.unknown.is_empty() {
        tell(Event::UnknownRows { rows: plan.unknown.clone() });
    }
    let now = applied(plan.rows.as_deref().unwrap_or_default());
    let done_meanwhile =
        |id: &&RevisionId| !ids.contains(*id) && now.contains(*id) == (route.direction == Direction::Upgrade);
    let mut already_done = 0;
    for revision in looked.iter().filter(done_meanwhile).filter_map(|id| graph.get(id)) {
        already_done += 1;
        tell(Event::AlreadyDone { revision, direction: route.direction });
    }
    if plan.steps.is_empty() {
        return Ok(Summary { done: 0, already_done });
    }
    let dialect = database.dialect();
    let revisions = online::prepare_all(&plan.steps, options.transaction, dialect)?;
    let locks = online::locks_needed(&revisions, options.transaction, dialect);
    if let Some(lock_shortage) = lock_budget::lock_shortage(database, locks) {
        tell(Event::LockShortage { lock_shortage });
    }
    if plan.rows.is_none() {
        make_table(database, options)?;
    }
    let summary = online::run(database, &revisions, plan.rows.as_deref().unwrap_or_default(), options, tell)?;
    Ok(Summary { already_done: summary.already_done + already_done, ..summary })
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
        let read = rows.into_iter().map(|row| row.revision).collect::<Vec<_>>();
        return Ok(Stamp { purge: !read.is_empty(), remove: Vec::new(), add: whole.add, rows: read });
    }
    let every: Applied = rows.iter().map(|row| row.revision.clone()).collect();
    let unknown = unknown_rows(graph, &rows, &every);
    if !unknown.is_empty() {
        return Err(ApplyError::Unknown { rows: unknown });
    }
    let half: Vec<&str> = rows.iter().filter(|row| row.is_half_done()).map(|row| row.revision.as_str()).collect();
    let mut planned = graph.stamp(&every, targets)?;
    if !half.is_empty() {
        let whole: Applied = every.into_iter().filter(|id| !half.contains(&id.as_str())).collect();
        planned.add = graph.stamp(&whole, targets)?.add;
        let again = planned.add.iter().map(|revision| revision.id.clone());
        planned.remove.extend(again.filter(|id| half.contains(&id.as_str())));
    }
    let rows = rows.iter().map(|row| row.revision.clone()).collect();
    Ok(Stamp { purge: false, remove: planned.remove, add: planned.add, rows })
}

/// Makes the version table if it does not exist.
///
/// # Errors
/// `Database`, with a hint where its schema is missing.
pub fn make_table(database: &mut dyn Database, options: &Options) -> Result<(), ApplyError> {
    let table = database.version_table(&options.version_table);
    database.execute(&version_table::create(&table, database.dialect())).map_err(|mut error| {
        // invalid_schema_name
        if error.code.as_deref() == Some("3F000") {
            error.hint = Some("migrate creates the version table but not its schema: CREATE SCHEMA … first".to_owned());
        }
        DatabaseError::Sql { doing: format!("creating the version table {table}"), error }.into()
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
            "its downgrade was interrupted",
            "finish that with `migrate downgrade` to the same target; or undo by hand what it did and `migrate stamp` the revision",
        ),
        _ => (
            "its upgrade was interrupted",
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
    integrity::refuse_broken(graph, rows)?;
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

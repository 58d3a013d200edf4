//! Another tool's files and history matched: which revision files to write, which rows to adopt, what to tell.
//!
//! Pure: `cli` reads the files and the table before, and writes the files and the rows after.

use std::collections::{BTreeMap, BTreeSet};

use crate::database::version_table::Adopted;
use crate::revision::checksum::checksum;
use crate::revision::{Direction, Revision};
use crate::sql::Syntax;
use crate::words::counted;

use super::{Files, History, HistoryRow, ImportError, Imported};

/// What a recorded checksum says of the file that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The file is the one that ran.
    Match,
    /// The file was changed after it ran.
    Edited,
    /// The tool says that it ran, and its file is gone.
    MissingFile,
    /// The tool keeps no checksum, kept none here, or one that can't be recomputed.
    Unknown,
}

impl Check {
    pub fn name(self) -> &'static str {
        match self {
            Check::Match => "match",
            Check::Edited => "edited",
            Check::MissingFile => "missing file",
            Check::Unknown => "unknown",
        }
    }
}

/// What becomes of one row of the other tool's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowOutcome {
    /// It gets a row in the version table.
    Adopted,
    /// It has one from an import before.
    AlreadyThere,
    /// A repeatable script that was changed since: it stays to be run, as the other tool would.
    ToRunAgain,
    /// It has no revision.
    Dropped,
}

/// One row of the other tool's history, matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub row: HistoryRow,
    /// The revision's id here; None if the file is gone.
    pub revision: Option<String>,
    pub check: Check,
    pub fate: RowOutcome,
}

/// One revision of the other tool's, as a revision here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedRevision {
    pub revision: Revision,
    /// The other tool's file.
    pub from: std::path::PathBuf,
    pub original: String,
    pub notes: Vec<String>,
    /// A file with this id is in the revision folder already, and stays as it is.
    pub is_there: bool,
}

/// All that an import would do.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub taken: Vec<ImportedRevision>,
    pub matches: Vec<Match>,
    pub rows: Vec<Adopted>,
    /// Revisions that the database doesn't have, though it has some that follow them.
    pub gaps: Vec<String>,
    pub notes: Vec<String>,
}

/// Matches files and history.
///
/// `existing` are the project's revisions, `applied` the ids in the version table, `syntax` the database's.
///
/// # Errors
/// `Refused` when two migrations would get one id, when a revision of that id is there and is another one, or when the
/// history names migrations and none of them has a file.
pub fn plan(
    tool: &str,
    files: &Files,
    history: Option<&History>,
    existing: &[Revision],
    applied: &BTreeSet<String>,
    syntax: Syntax,
) -> Result<Plan, ImportError> {
    let mut plan = Plan { taken: take(files, existing)?, ..Plan::default() };
    let Some(history) = history else { return Ok(plan) };
    plan.notes.clone_from(&history.notes);
    let by_original: BTreeMap<&str, usize> =
        files.revisions.iter().enumerate().map(|(at, revision)| (revision.original.as_str(), at)).collect();
    for row in &history.rows {
        let found =
            by_original.get(row.original.as_str()).and_then(|&at| files.revisions.get(at).zip(plan.taken.get(at)));
        let Some((imported, taken)) = found else {
            let (check, fate) = (Check::MissingFile, RowOutcome::Dropped);
            plan.matches.push(Match { row: row.clone(), revision: None, check, fate });
            continue;
        };
        let check = check(row, imported);
        let id = &taken.revision.id;
        let fate = match check {
            Check::Edited if imported.repeatable => RowOutcome::ToRunAgain,
            _ if applied.contains(id) => RowOutcome::AlreadyThere,
            _ => RowOutcome::Adopted,
        };
        if fate == RowOutcome::Adopted {
            plan.rows.push(adopted(tool, row, imported, &taken.revision, check, syntax));
        }
        plan.matches.push(Match { row: row.clone(), revision: Some(id.clone()), check, fate });
    }
    if !plan.matches.is_empty() && plan.matches.iter().all(|found| found.check == Check::MissingFile) {
        return Err(ImportError::refused(
            format!(
                "{} names {}, {} the first, and none of them is among the {} that were read",
                history.table,
                counted(history.rows.len(), "migration"),
                history.rows.first().map_or("", |row| row.original.as_str()),
                counted(files.revisions.len(), "file")
            ),
            "name the folder of the migrations that were deployed to this database",
        ));
    }
    plan.gaps = gaps(&plan, applied);
    Ok(plan)
}

fn check(row: &HistoryRow, imported: &Imported) -> Check {
    match &row.checksum {
        Some(sum) if !row.opaque && !imported.checksums.is_empty() => {
            let same = imported.checksums.iter().any(|own| own.eq_ignore_ascii_case(sum));
            if same { Check::Match } else { Check::Edited }
        }
        _ => Check::Unknown,
    }
}

fn adopted(
    tool: &str,
    row: &HistoryRow,
    imported: &Imported,
    revision: &Revision,
    check: Check,
    syntax: Syntax,
) -> Adopted {
    let section = revision.section(Direction::Upgrade, syntax);
    Adopted {
        revision: revision.id.clone(),
        message: revision.message.clone(),
        checksum: checksum(section, syntax),
        // If the file was changed since, the text that ran is unknown.
        script: section.filter(|_| check != Check::Edited).map(|section| section.text.clone()),
        applied_at: row.applied_at.clone().filter(|time| time.parse::<jiff::Timestamp>().is_ok()),
        applied_by: match &row.applied_by {
            Some(who) => format!("{who} ({tool} {})", imported.original),
            None => format!("{tool} {}", imported.original),
        },
    }
}

fn take(files: &Files, existing: &[Revision]) -> Result<Vec<ImportedRevision>, ImportError> {
    let there: BTreeMap<&str, &Revision> = existing.iter().map(|revision| (revision.id.as_str(), revision)).collect();
    let mut seen: BTreeMap<&str, &Imported> = BTreeMap::new();
    let mut taken = Vec::with_capacity(files.revisions.len());
    for imported in &files.revisions {
        if let Some(other) = seen.insert(&imported.id, imported) {
            return Err(ImportError::refused(
                format!(
                    "two migrations would get the id {}: {} and {}",
                    imported.id,
                    other.path.display(),
                    imported.path.display()
                ),
                "rename one of them in the other tool",
            ));
        }
        let is_there = there.get(imported.id.as_str());
        if let Some(other) = is_there
            && other.revises != imported.parents
        {
            return Err(ImportError::refused(
                format!(
                    "there is another revision {} already: {} follows {}, and {} would follow {}",
                    imported.id,
                    other.path.display(),
                    listed(&other.revises),
                    imported.path.display(),
                    listed(&imported.parents)
                ),
                "import into a project without revisions of the same ids; give `revisions` in migrate.toml an empty folder",
            ));
        }
        taken.push(ImportedRevision {
            revision: is_there.map_or_else(|| made(imported), |other| (*other).clone()),
            from: imported.path.clone(),
            original: imported.original.clone(),
            notes: imported.notes.clone(),
            is_there: is_there.is_some(),
        });
    }
    Ok(taken)
}

fn made(imported: &Imported) -> Revision {
    Revision {
        id: imported.id.clone(),
        revises: imported.parents.clone(),
        depends_on: imported.depends_on.clone(),
        branch_labels: imported.branch_labels.clone(),
        replaces: imported.replaces.clone(),
        created: imported.created.clone(),
        message: imported.message.clone(),
        upgrade: imported.upgrade.clone(),
        downgrade: imported.downgrade.clone(),
        ..Revision::default()
    }
}

fn listed(ids: &[String]) -> String {
    if ids.is_empty() { "nothing".to_owned() } else { ids.join(", ") }
}

/// Returns the revisions that the database lacks below one that it has, in the order of the files.
fn gaps(plan: &Plan, applied: &BTreeSet<String>) -> Vec<String> {
    let has: BTreeSet<&str> =
        applied.iter().map(String::as_str).chain(plan.rows.iter().map(|row| row.revision.as_str())).collect();
    let by_id: BTreeMap<&str, &Revision> =
        plan.taken.iter().map(|taken| (taken.revision.id.as_str(), &taken.revision)).collect();
    let mut below: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = has.iter().copied().collect();
    while let Some(id) = open.pop() {
        let Some(revision) = by_id.get(id) else { continue };
        open.extend(revision.revises.iter().map(String::as_str).filter(|parent| below.insert(parent)));
    }
    plan.taken
        .iter()
        .map(|taken| &taken.revision.id)
        .filter(|id| below.contains(id.as_str()) && !has.contains(id.as_str()))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(id: &str, parents: &[&str], sum: &str) -> Imported {
        Imported {
            id: id.to_owned(),
            original: id.to_owned(),
            parents: parents.iter().map(|id| (*id).to_owned()).collect(),
            checksums: vec![sum.to_owned()],
            ..Imported::default()
        }
    }

    fn row(original: &str, sum: Option<&str>) -> HistoryRow {
        HistoryRow { original: original.to_owned(), checksum: sum.map(str::to_owned), ..HistoryRow::default() }
    }

    fn planned(rows: Vec<HistoryRow>, change: impl Fn(&mut Imported)) -> Result<Plan, ImportError> {
        let mut revisions = vec![file("1", &[], "a"), file("2", &["1"], "b"), file("3", &["2"], "c")];
        revisions.iter_mut().for_each(change);
        let files = Files { revisions, ..Files::default() };
        let history = History { rows, ..History::default() };
        plan("tool", &files, Some(&history), &[], &BTreeSet::new(), Syntax::Postgres)
    }

    #[test]
    fn every_row_is_checked_and_holes_are_found() {
        let rows = vec![row("1", Some("A")), row("3", Some("x")), row("9", None)];
        let plan = planned(rows, |_| {}).expect("it can be planned");
        let checks: Vec<Check> = plan.matches.iter().map(|found| found.check).collect();
        assert_eq!(checks, [Check::Match, Check::Edited, Check::MissingFile]);
        assert_eq!(plan.gaps, ["2"]);
        assert_eq!(plan.rows.iter().map(|row| row.revision.as_str()).collect::<Vec<_>>(), ["1", "3"]);
    }

    #[test]
    fn an_edited_repeatable_script_stays_to_be_run() {
        let plan = planned(vec![row("1", Some("x"))], |file| file.repeatable = true).expect("it can be planned");
        assert_eq!((plan.rows.len(), plan.matches[0].fate), (0, RowOutcome::ToRunAgain));
    }

    #[test]
    fn a_history_without_any_of_its_files_is_refused() {
        assert!(planned(vec![row("7", None)], |_| {}).is_err());
    }
}

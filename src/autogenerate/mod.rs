//! Two catalogs become the text of a revision, up and down, proved.

pub mod describe;
mod proof;
mod renames;
pub mod script;
mod slices;
mod strangers;
mod unproved;

use std::collections::BTreeSet;

use crate::config::{Config, ShadowUse};
use crate::database::{Database, DatabaseError, Dialect, Reading};
use crate::models::Declared;
use crate::models::managed_kinds::{self, ManagedKinds};
use crate::models::moments;
use crate::schema::filter::{self, Filter, Target};
use crate::schema::part::{self, Choice};
use crate::schema::plan::{Plan, Refusal, plan};
use crate::schema::rename::{self, Rename};
use crate::schema::{Catalog, Id, explain};
use crate::source::{self, Shadowed, SourceError};
use crate::sql::Syntax;
use crate::words::plural;

pub use proof::NotProved;
use renames::Renamed;
use script::{Script, Style};
use slices::{LoadScope, ProvenUnchanged};

/// Why no revision could be written.
#[derive(Debug, thiserror::Error)]
pub enum AutogenerateError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("{0}")]
    Manage(String),
    #[error("{0}")]
    Rename(String),
    /// What can't be done without losing data.
    #[error("reaching the models would lose data that was not confirmed as disposable")]
    Refused { refused: Vec<Refusal> },
    #[error(transparent)]
    NotProved(Box<NotProved>),
    /// Objects of the live database, and the owners whose code they would run in the shadow.
    #[error("to load this database into a shadow would run other roles' code with your rights")]
    Strangers { strangers: Vec<(Id, String)> },
}

impl From<DatabaseError> for AutogenerateError {
    fn from(error: DatabaseError) -> Self {
        AutogenerateError::Source(error.into())
    }
}

/// A rename that was given on the command line: `--rename users.name=users.full_name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenameRequest {
    pub old: String,
    pub new: String,
}

/// What the user is asked: was this object renamed? True for yes.
pub type Ask<'a> = dyn FnMut(&Rename) -> bool + 'a;

/// The live database beside the declared schema.
pub struct Comparison {
    pub dialect: &'static Dialect,
    pub live: Catalog,
    pub target: Target,
    /// From live, its renames done, to the target.
    pub upgrade: Plan,
    /// Back to live, before its renames are undone.
    pub downgrade: Plan,
    pub renames: Vec<Rename>,
    /// What is there and has no kind, counted.
    pub unmanaged: Vec<(String, usize)>,
    /// What the models declare beyond that and no revision can be written for, counted.
    pub unwritable: Vec<(String, usize)>,
    /// Defaults that are the time at which the models were loaded: a sentence for each.
    pub moments: Vec<String>,
    renamed: Option<Renamed>,
    shadowed: Shadowed,
    declared: Catalog,
    unchanged: ProvenUnchanged,
    /// The target is only a part of what the models declare.
    is_part: bool,
}

impl Comparison {
    /// How many tables were proved equal without being loaded into a shadow.
    pub fn spared(&self) -> usize {
        self.unchanged.tables()
    }

    /// The secrets of what is compared, which are not: `password of user mapping s.joe`.
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = explain::secrets(&self.live);
        secrets.extend(explain::secrets(&self.target.catalog));
        secrets.sort();
        secrets.dedup();
        secrets
    }

    /// The secrets of what the upgrade makes, which somebody has to give.
    pub fn secrets_to_give(&self) -> Vec<String> {
        explain::secrets_to_give(&self.upgrade, &self.live, &self.target.catalog)
    }

    /// The declared schema as this database spells it.
    pub fn declared(&self) -> &Catalog {
        &self.declared
    }

    /// Do models and database agree?
    pub fn is_empty(&self) -> bool {
        self.upgrade.is_empty() && self.renames.is_empty()
    }

    /// What is left alone, counted by kind in the plural, most first.
    pub fn left_alone(&self) -> Vec<(String, usize)> {
        // What holds something that the models declare is there for that.
        let home = |id: &Id| self.target.catalog.children(id).iter().any(|child| self.declared.contains(&child.id));
        counted(self.target.left_alone.iter().filter(|id| !home(id) && id.kind != "schema"))
    }

    /// One line for each difference, renames first.
    pub fn lines(&self) -> Vec<String> {
        let renames = self.renames.iter().map(|rename| format!("rename {} to {}", rename.from, rename.to.name()));
        let from = self.renamed.as_ref().map_or(&self.live, |renamed| &renamed.catalog);
        renames.chain(explain::lines(&self.upgrade, from, &self.target.catalog)).collect()
    }
}

/// What is counted more often than in `known`, and how much more.
fn beyond(counts: &[(String, usize)], known: &[(String, usize)]) -> Vec<(String, usize)> {
    let known = |kind: &str| known.iter().find(|(name, _)| name == kind).map_or(0, |(_, count)| *count);
    let more = counts.iter().map(|(kind, count)| (kind.clone(), count.saturating_sub(known(kind))));
    more.filter(|(_, count)| *count > 0).collect()
}

fn counted<'a>(ids: impl Iterator<Item = &'a Id>) -> Vec<(String, usize)> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for id in ids {
        match counts.iter_mut().find(|(kind, _)| kind == id.kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((id.kind.to_owned(), 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.into_iter().map(|(kind, count)| (if count == 1 { kind } else { plural(&kind) }, count)).collect()
}

/// Compares the live database with the declared schema, as its own engine spells it.
///
/// # Errors
/// Models that do not load, a database that can't be read, a rename that means nothing.
pub fn compare(
    database: &mut dyn Database,
    declared: &Declared,
    config: &Config,
    wishes: &[RenameRequest],
    ask: Option<&mut Ask>,
) -> Result<Comparison, AutogenerateError> {
    let live = database.reflect(&source::scope(config)).map_err(SourceError::from)?;
    let moments = match database.dialect().syntax {
        Syntax::Postgres => moments::moments(declared),
        Syntax::Sqlite => Vec::new(),
    };
    let declared = moments::with_live_times(declared, &moments, &live.catalog);
    let mut ask = ask;
    let mut must_load = match config.autogenerate.shadow {
        ShadowUse::Auto => LoadScope::These(BTreeSet::new()),
        ShadowUse::Full => LoadScope::All,
    };
    loop {
        let ask = ask.as_mut().map(|ask| &mut **ask as &mut Ask);
        match attempt(database, &live, &declared, config, wishes, ask, &must_load)? {
            Attempt::Done(comparison) => {
                let moments = moments::warnings(&moments, &comparison.declared);
                return Ok(Comparison { moments, ..*comparison });
            }
            Attempt::Lacks(more) => must_load = more,
        }
    }
}

/// What came of a comparison with a part of the declared schema.
enum Attempt {
    Done(Box<Comparison>),
    /// More must be loaded.
    Lacks(LoadScope),
}

/// Compares with what `must_load` says loaded.
fn attempt(
    database: &mut dyn Database,
    live: &Reading,
    declared: &Declared,
    config: &Config,
    wishes: &[RenameRequest],
    ask: Option<&mut Ask>,
    must_load: &LoadScope,
) -> Result<Attempt, AutogenerateError> {
    let dialect = database.dialect();
    let loaded_schema = slices::spell(database, declared, config, &live.catalog, must_load)?;
    let (wanted, mut shadowed, unchanged) = (loaded_schema.catalog, loaded_schema.shadowed, loaded_schema.unchanged);
    let managed_kinds =
        managed_kinds::managed_kinds(config.autogenerate.manage.as_deref(), declared.sources, &wanted, dialect)
            .map_err(AutogenerateError::Manage)?;
    let unmanaged = &live.unmanaged;
    let unwritable = beyond(&shadowed.reading.unmanaged, unmanaged);
    let live = managed_kinds.managed_part_of(&live.catalog);
    let mut target = reached(&wanted, &live, &managed_kinds, config);
    let in_slices = matches!(must_load, LoadScope::These(_));
    if in_slices && ask.is_some() && !rename::similar(&live, &target.catalog, dialect.kinds).is_empty() {
        return Ok(Attempt::Lacks(LoadScope::All));
    }
    let mut renames = renames::wanted(&live, &target.catalog, declared, wishes, ask, dialect)?;
    let mut renamed = None;
    let choice = Choice { only: &config.autogenerate.only, except: &config.autogenerate.except };
    if in_slices && !choice.is_everything() {
        return Ok(Attempt::Lacks(LoadScope::All));
    }
    renames.retain(|rename| [&rename.from, &rename.to].iter().any(|id| choice.takes(id, [&live, &target.catalog])));
    if !renames.is_empty() {
        if in_slices {
            return Ok(Attempt::Lacks(LoadScope::All));
        }
        strangers::refuse(live.objects(), &wanted, config)?;
        // A shadow that is named serves one thing at a time, and holds the models already.
        let is_named = config.database.shadow_url().map_err(SourceError::from)?.is_some();
        let empty = if is_named { None } else { source::empty(database, config).ok() };
        let shadow = shadowed.shadow(database, config)?;
        let at = proof::TrialRun { shadow, dialect, config, unchanged: &unchanged };
        let done = renames::try_out(at, &wanted, empty.as_ref(), &live, &renames)?;
        target = reached(&wanted, &done.catalog, &managed_kinds, config);
        renamed = Some(done);
    }
    let from = renamed.as_ref().map_or(live.as_ref(), |renamed| &renamed.catalog);
    if !choice.is_everything() {
        target.catalog = part::part(from, &target.catalog, &choice);
    }
    let upgrade = plan(from, &target.catalog, dialect.kinds);
    let downgrade = plan(&target.catalog, from, dialect.kinds);
    let plans = [(&upgrade, from, &target.catalog), (&downgrade, &target.catalog, from)];
    let touched = unchanged.touched(plans, &target.left_alone, &target.catalog);
    if let (false, LoadScope::These(known)) = (touched.is_empty(), must_load) {
        return Ok(Attempt::Lacks(LoadScope::These(known.union(&touched).cloned().collect())));
    }
    Ok(Attempt::Done(Box::new(Comparison {
        dialect,
        upgrade,
        downgrade,
        live: live.clone().into_owned(),
        target,
        renames: renamed.as_ref().map(|renamed| renamed.renames.clone()).unwrap_or_default(),
        renamed,
        unmanaged: unmanaged.clone(),
        unwritable,
        moments: Vec::new(),
        shadowed,
        declared: wanted,
        unchanged,
        is_part: !choice.is_everything(),
    })))
}

fn reached(declared: &Catalog, live: &Catalog, managed_kinds: &ManagedKinds, config: &Config) -> Target {
    let filter = Filter {
        ignore: &config.autogenerate.ignore,
        manages: &|object, catalog| managed_kinds.for_object(object, catalog),
        manages_property: &|kind, name| managed_kinds.for_property(kind, name),
        histories: *managed_kinds == ManagedKinds::All,
    };
    filter::target(declared, live, &filter)
}

/// The two sections of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    pub upgrade: Script,
    /// It says why there is none where `irreversible`.
    pub downgrade: Script,
    pub irreversible: bool,
}

impl Proved {
    /// Writes both sections, not yet proved.
    ///
    /// # Errors
    /// `Refused` for an upgrade that would lose data which nobody said may go.
    fn of(
        upgrade: &Plan,
        downgrade: &Plan,
        renamed: Option<&Renamed>,
        dialect: &Dialect,
        style: Style,
    ) -> Result<Proved, AutogenerateError> {
        if !upgrade.refused.is_empty() {
            return Err(AutogenerateError::Refused { refused: upgrade.refused.clone() });
        }
        let proved = Proved::scripts(upgrade, downgrade, renamed, dialect, style);
        for (script, way) in [(&proved.upgrade, "upgrade"), (&proved.downgrade, "downgrade")] {
            if let Some(statement) = script.misread(dialect.syntax) {
                return Err(AutogenerateError::NotProved(Box::new(NotProved {
                    what: format!("the generated {way} does not read back as the planned statements"),
                    statement: Some(statement),
                    error: None,
                    differences: Vec::new(),
                })));
            }
        }
        Ok(proved)
    }

    /// Writes both sections, whatever was refused.
    fn scripts(upgrade: &Plan, downgrade: &Plan, renamed: Option<&Renamed>, dialect: &Dialect, style: Style) -> Proved {
        let (there, back) = renamed.map_or((&[][..], &[][..]), |renamed| (&renamed.there, &renamed.back));
        let irreversible = !downgrade.refused.is_empty();
        Proved {
            upgrade: script::script(there, upgrade, &[], dialect, style),
            downgrade: match irreversible {
                true => script::irreversible(&downgrade.refused),
                false => script::script(&[], downgrade, back, dialect, style),
            },
            irreversible,
        }
    }
}

/// Writes both sections and proves them in a shadow. If they can't be proved, or a part is refused, and a `draft` is
/// asked for, they are returned all the same, marked where they fail, with the reason.
///
/// Proving means: the upgrade reaches the models, the downgrade leads back, where there
/// is a way back that loses nothing which nobody said may go.
///
/// # Errors
/// `Refused` for what can't be done without losing data; `NotProved` with the statement that failed or the objects
/// that differ.
pub fn write(
    database: &mut dyn Database,
    mut comparison: Comparison,
    config: &Config,
    style: Style,
    draft: bool,
) -> Result<(Proved, Option<String>), AutogenerateError> {
    let outcome = write_proved(database, &mut comparison, config, style);
    let Comparison { dialect, upgrade, downgrade, renamed, .. } = &comparison;
    unproved::or_draft(outcome, draft, || Proved::scripts(upgrade, downgrade, renamed.as_ref(), dialect, style))
}

fn write_proved(
    database: &mut dyn Database,
    comparison: &mut Comparison,
    config: &Config,
    style: Style,
) -> Result<Proved, AutogenerateError> {
    let Comparison { dialect, upgrade, downgrade, renamed, .. } = &*comparison;
    let proved = Proved::of(upgrade, downgrade, renamed.as_ref(), dialect, style)?;
    let Comparison { dialect, live, target, declared, renamed, shadowed, unchanged, is_part, .. } = comparison;
    let claim = proof::claim(live, &target.catalog, unchanged, &proved);
    if claim.as_ref().is_some_and(|claim| shadowed.is_proved(claim)) {
        return Ok(proved);
    }
    strangers::refuse(live.objects().filter(|object| !unchanged.holds(object, live)), declared, config)?;
    if (proved.irreversible || *is_part) && renamed.is_none() {
        // There is no way from the models, or they are not what is reached, so the live schema is made from nothing. A shadow that is named serves one
        // thing at a time.
        shadowed.release();
        let mut shadow = database.shadow(config.database.shadow_url().map_err(SourceError::from)?)?;
        let empty = shadow.reflect(&source::scope(config))?.catalog;
        let nothing = ProvenUnchanged::default();
        let mut rehearsal = proof::TrialRun { shadow: shadow.as_mut(), dialect, config, unchanged: &nothing };
        rehearsal.turn(&empty, live, "recreating the live schema in a shadow")?;
        proof::prove(rehearsal, proof::Start::Live, live, &target.catalog, &proved)?;
    } else {
        let shadow = shadowed.shadow(database, config)?;
        let rehearsal = proof::TrialRun { shadow, dialect, config, unchanged };
        let start = if renamed.is_some() { proof::Start::Live } else { proof::Start::Declared(declared) };
        proof::prove(rehearsal, start, live, &target.catalog, &proved)?;
    }
    if let Some(claim) = &claim {
        shadowed.remember_proof(claim);
    }
    Ok(proved)
}

/// Returns the sections that make the live database as it is, and take it away again, proved in a shadow.
///
/// Objects that `ignore` names are left out, with what is in them.
///
/// # Errors
/// `Refused` and `NotProved`, as `write`.
pub fn baseline(
    database: &mut dyn Database,
    config: &Config,
    style: Style,
    draft: bool,
) -> Result<(Proved, Option<String>), AutogenerateError> {
    let dialect = database.dialect();
    let scope = source::scope(config);
    let live = database.reflect(&scope)?.catalog;
    let mut shadow = database.shadow(config.database.shadow_url().map_err(SourceError::from)?)?;
    let empty = shadow.reflect(&scope)?.catalog;
    let everything = Filter {
        ignore: &config.autogenerate.ignore,
        manages: &|_, _| true,
        manages_property: &|_, _| true,
        histories: false,
    };
    let wanted = filter::target(&live, &Catalog::default(), &everything).catalog;
    strangers::refuse(wanted.objects(), &empty, config)?;
    let (upgrade, downgrade) = (plan(&empty, &wanted, dialect.kinds), plan(&wanted, &empty, dialect.kinds));
    let unchanged = ProvenUnchanged::default();
    let outcome = Proved::of(&upgrade, &downgrade, None, dialect, style).and_then(|proved| {
        let rehearsal = proof::TrialRun { shadow: shadow.as_mut(), dialect, config, unchanged: &unchanged };
        proof::prove(rehearsal, proof::Start::Live, &empty, &wanted, &proved).map(|()| proved)
    });
    unproved::or_draft(outcome, draft, || Proved::scripts(&upgrade, &downgrade, None, dialect, style))
}

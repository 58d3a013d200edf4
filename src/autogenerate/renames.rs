//! Renames that are declared, given or answered, rehearsed in a shadow.

use std::collections::BTreeMap;

use super::proof::TrialRun;
use super::script::Script;
use super::{Ask, AutogenerateError, RenameRequest};
use crate::database::Dialect;
use crate::models::Declared;
use crate::schema::filter::is_named;
use crate::schema::rename::{self, Rename};
use crate::schema::{Catalog, Id};
use crate::source;
use crate::sql::{Statement, Syntax};

/// The live schema after its renames, as the database spells it.
pub struct Renamed {
    pub catalog: Catalog,
    pub renames: Vec<Rename>,
    pub there: Vec<Statement>,
    pub back: Vec<Statement>,
}

/// Returns the renames to do, outermost first: those of the models that the live database has not seen, those of the
/// command line, and those that `ask` says yes to.
///
/// # Errors
/// `AutogenerateError` for a request that names no such pair of objects, or a question that could not be asked.
pub fn wanted(
    live: &Catalog,
    target: &Catalog,
    declared: &Declared,
    wishes: &[RenameRequest],
    ask: Option<&mut Ask>,
    dialect: &Dialect,
) -> Result<Vec<Rename>, AutogenerateError> {
    let mut found: Vec<Rename> = Vec::new();
    for wish in wishes {
        let rename =
            rename::find(&wish.old, &wish.new, live, target, dialect.kinds).map_err(AutogenerateError::Rename)?;
        found.push(rename);
    }
    let mut asked: Vec<_> = declared.renames.iter().collect();
    asked.sort_by_key(|rename| rename.path.len());
    for declared in asked {
        let name = declared.path.join(".");
        let new = target.objects().find(|object| {
            object.id.path.len() >= declared.path.len()
                && is_of_kind(object.id.kind, &declared.kind)
                && is_named(&object.id, &name)
        });
        let Some(new) = new.filter(|new| !live.contains(&new.id)) else { continue };
        let old = before(&new.id, &declared.old, &found);
        if live.contains(&old) && !target.contains(&old) && !found.iter().any(|rename| rename.to == new.id) {
            let kind = dialect.kinds.iter().find(|kind| kind.name == old.kind);
            if kind.is_none_or(|kind| kind.rename.is_none()) {
                return Err(AutogenerateError::Rename(format!(
                    "{}:{}: {old} can't be renamed: the database has no statement for it",
                    declared.path_of_file.display(),
                    declared.line
                )));
            }
            found.push(Rename { from: old, to: new.id.clone() });
        }
    }
    if dialect.syntax == Syntax::Sqlite {
        let same = in_another_case(live, target, dialect);
        let known: Vec<Id> = found.iter().flat_map(|rename| [rename.from.clone(), rename.to.clone()]).collect();
        found.extend(same.into_iter().filter(|rename| !known.contains(&rename.from) && !known.contains(&rename.to)));
    }
    if let Some(ask) = ask {
        let known: Vec<Id> = found.iter().flat_map(|rename| [rename.from.clone(), rename.to.clone()]).collect();
        let open = rename::similar(live, target, dialect.kinds);
        for rename in open.into_iter().filter(|rename| !known.contains(&rename.from) && !known.contains(&rename.to)) {
            if ask(&rename) {
                found.push(rename);
            }
        }
    }
    found.sort_by_key(Rename::depth);
    Ok(found)
}

/// A name in another case is the same name to SQLite, so nobody need ask.
fn in_another_case(live: &Catalog, target: &Catalog, dialect: &Dialect) -> Vec<Rename> {
    let folded = |id: &Id| -> (&'static str, Vec<String>) {
        (id.kind, id.path.iter().map(|part| part.to_ascii_lowercase()).collect())
    };
    let renamable = |id: &Id| dialect.kinds.iter().any(|kind| kind.name == id.kind && kind.rename.is_some());
    let gone = live.objects().map(|object| &object.id).filter(|id| renamable(id) && !target.contains(id));
    let gone: BTreeMap<_, &Id> = gone.map(|id| (folded(id), id)).collect();
    let come = target.objects().map(|object| &object.id).filter(|id| renamable(id) && !live.contains(id));
    come.filter_map(|to| {
        let from = gone.get(&folded(to)).filter(|from| from.name() != to.name())?;
        Some(Rename { from: (*from).clone(), to: to.clone() })
    })
    .collect()
}

/// `type` and `function` stand for more than one kind.
fn is_of_kind(kind: &str, written: &str) -> bool {
    match written {
        "type" => matches!(kind, "enum" | "domain" | "composite" | "composite type" | "range" | "type" | "range type"),
        written => kind == written,
    }
}

/// The id that an object had in the live database: its old name, inside whatever its surroundings were called.
fn before(new: &Id, old: &str, renames: &[Rename]) -> Id {
    let environment_fingerprint = renames.iter().map(|rename| (&rename.to, &rename.from));
    renamed(new, environment_fingerprint).with_last(old)
}

/// The id of an object after its parent's rename.
fn renamed<'a>(id: &Id, environment_fingerprint: impl Iterator<Item = (&'a Id, &'a Id)>) -> Id {
    let mut path = id.path.to_vec();
    for (from, to) in environment_fingerprint {
        let depth = from.path.len();
        if depth < path.len()
            && id.path.starts_with(&from.path)
            && let (Some(part), Some(name)) = (path.get_mut(depth - 1), to.path.last())
        {
            part.clone_from(name);
        }
    }
    Id::new(id.kind, path)
}

/// Brings the shadow, which holds `declared`, to the live schema, renames there level by level, reads what became of
/// it, and goes back to the live schema.
///
/// By way of `empty`, where what an empty database holds is known: columns are in their places then.
///
/// # Errors
/// `AutogenerateError` with the rename that failed in the shadow.
pub fn try_out(
    mut at: TrialRun,
    declared: &Catalog,
    empty: Option<&Catalog>,
    live: &Catalog,
    renames: &[Rename],
) -> Result<Renamed, AutogenerateError> {
    let making = "recreating the live schema in a shadow, to rename in it,";
    match empty {
        Some(empty) => {
            at.turn(declared, empty, "emptying a shadow")?;
            at.turn(empty, live, making)?;
        }
        None => at.turn(declared, live, making)?,
    }
    let mut done = Renamed { catalog: live.clone(), renames: Vec::new(), there: Vec::new(), back: Vec::new() };
    for level in renames.chunk_by(|one, two| one.depth() == two.depth()) {
        let mut script = Script { transactional: true, ..Script::default() };
        let mut back = Vec::new();
        for rename in level {
            let now = renamed(&rename.from, done.renames.iter().map(|done| (&done.from, &done.to)));
            let said = say(&at, &now, rename.to.name(), &done.catalog)?;
            script.statements.extend(said.iter().map(|statement| statement.text.clone()));
            done.there.extend(said);
            done.renames.push(Rename { from: rename.from.clone(), to: rename.to.clone() });
            back.push((rename.to.clone(), rename.from.name().to_owned()));
        }
        at.run(&script, "renaming in a shadow")?;
        done.catalog = at.shadow.reflect(&source::scope(at.config))?.catalog;
        let mut undo = Vec::new();
        for (id, old) in back.into_iter().rev() {
            undo.extend(say(&at, &id, &old, &done.catalog)?);
        }
        done.back.splice(0..0, undo);
    }
    let undo = Script {
        transactional: true,
        statements: done.back.iter().map(|statement| statement.text.clone()).collect(),
        ..Script::default()
    };
    at.verify_reaches(&undo, live, "renaming and renaming back in a shadow")?;
    Ok(done)
}

fn say(at: &TrialRun, id: &Id, name: &str, catalog: &Catalog) -> Result<Vec<Statement>, AutogenerateError> {
    let rename = at.dialect.kinds.iter().find(|kind| kind.name == id.kind).and_then(|kind| kind.rename);
    match (rename, catalog.get(id)) {
        (Some(rename), Some(object)) => Ok(rename(object, name, catalog)),
        _ => Err(AutogenerateError::Rename(format!("{id} can't be renamed to {name}: it no longer exists"))),
    }
}

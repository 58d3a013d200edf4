//! Renames: which object of one catalog is which of another under its old name.
//!
//! A rename is asked for, never guessed: `similar` only finds what is worth asking about.

use std::collections::BTreeSet;

use super::kind::Kind;
use super::{Catalog, Id, Object, filter};

/// An object and its new name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rename {
    pub from: Id,
    pub to: Id,
}

impl Rename {
    /// How deep it is nested: an outer object is renamed before its children.
    pub fn depth(&self) -> usize {
        self.to.path.len()
    }
}

/// Finds the two objects that `old=new` means: in `live` and not wanted, in `wanted` and not there, of one kind, in the
/// same place but for outer renames.
///
/// # Errors
/// A sentence: what was not found, or that it can't be renamed.
pub fn find(old: &str, new: &str, live: &Catalog, wanted: &Catalog, kinds: &[&'static Kind]) -> Result<Rename, String> {
    let gone: Vec<&Object> = live.objects().filter(|object| !wanted.contains(&object.id)).collect();
    let come: Vec<&Object> = wanted.objects().filter(|object| !live.contains(&object.id)).collect();
    let mut pairs: Vec<(usize, Rename)> = Vec::new();
    for from in gone.iter().filter(|object| filter::is_named(&object.id, old)) {
        let Some(rank) = kinds.iter().position(|kind| kind.name == from.id.kind) else { continue };
        let same = come.iter().filter(|to| to.id.kind == from.id.kind && filter::is_named(&to.id, new));
        pairs.extend(same.map(|to| (rank, Rename { from: from.id.clone(), to: to.id.clone() })));
    }
    pairs.sort();
    let Some((rank, first)) = pairs.first().cloned() else {
        let known = |catalog: &Catalog, name: &str| catalog.objects().any(|object| filter::is_named(&object.id, name));
        return Err(match (known(live, old), known(wanted, new)) {
            (false, _) => format!("the database has no {old} that could be renamed to {new}"),
            (_, false) => format!("the models have no {new} that {old} could be renamed to"),
            _ => format!(
                "{old} can't be renamed to {new}: {old} must be only in the database, {new} only in the models, and both of the same kind"
            ),
        });
    };
    // An index or a row type may bear the name of its table: the kind that comes first is meant.
    let as_good: Vec<&Rename> = pairs.iter().filter(|(at, _)| *at == rank).map(|(_, rename)| rename).collect();
    if as_good.len() > 1 {
        let names: Vec<String> = as_good.iter().map(|rename| format!("{} to {}", rename.from, rename.to)).collect();
        return Err(format!("{old}={new} can mean several renames: {}; write the names out", names.join(", ")));
    }
    if kinds.get(rank).is_none_or(|kind| kind.rename.is_none()) {
        return Err(format!("{} can't be renamed: the database has no statement for it", first.from));
    }
    Ok(first)
}

/// Returns the pairs of a dropped and a created object that look like one renamed object: of one kind, in one place, equal
/// but for the name, and the only such pair.
pub fn similar(from: &Catalog, to: &Catalog, kinds: &[&'static Kind]) -> Vec<Rename> {
    let mut found = Vec::new();
    for kind in kinds.iter().filter(|kind| kind.rename.is_some()) {
        let gone = from.of_kind(kind.name).filter(|object| !to.contains(&object.id));
        let gone: Vec<&Object> = gone.filter(|object| (kind.holds_data)(object, from)).collect();
        let come: Vec<&Object> = to.of_kind(kind.name).filter(|object| !from.contains(&object.id)).collect();
        for old in gone {
            let mut alike = come.iter().filter(|new| old.parent == new.parent && looks_like(old, new, from, to));
            if let (Some(new), None) = (alike.next(), alike.next()) {
                found.push(Rename { from: old.id.clone(), to: new.id.clone() });
            }
        }
    }
    // Two dropped and one created: ambiguous.
    let taken: Vec<Id> = found.iter().map(|rename| rename.to.clone()).collect();
    found.retain(|rename| taken.iter().filter(|to| **to == rename.to).count() == 1);
    found
}

fn looks_like(old: &Object, new: &Object, from: &Catalog, to: &Catalog) -> bool {
    // A child without a name of its own, such as the default of a column, has the path of its parent.
    let own_name = |child: &Object, parent: &Object| {
        if child.id.path == parent.id.path { String::new() } else { child.id.name().to_owned() }
    };
    let inside = |object: &Object, catalog: &Catalog| -> BTreeSet<(&'static str, String)> {
        catalog.children(&object.id).iter().map(|child| (child.id.kind, own_name(child, object))).collect()
    };
    let (one, two) = (inside(old, from), inside(new, to));
    let shared = one.intersection(&two).count();
    old.properties == new.properties && shared * 2 >= one.len().max(two.len())
}

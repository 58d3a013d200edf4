//! What differs in its name alone is renamed, where only one object can be meant.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Action, Difference, Step};
use crate::schema::kind::Kind;
use crate::schema::{Catalog, Id, Object, Value};

/// What a plan begins with: the names that are given first, and the catalog that has them.
pub(super) struct Renamed {
    pub(super) from: Catalog,
    pub(super) steps: Vec<Step>,
    pub(super) differences: Vec<Difference>,
}

/// Finds the objects that differ only in their name, in the same place. Empty if there are none.
pub(super) fn renamed(from: &Catalog, to: &Catalog, kinds: &[&'static Kind]) -> Option<Renamed> {
    let mut pairs = Vec::new();
    for kind in kinds.iter().copied().filter(|kind| kind.alike_but_name.is_some()) {
        pairs.extend(pairs_of(kind, from, to));
    }
    if pairs.is_empty() {
        return None;
    }
    let occupied: Vec<String> = from.objects().flat_map(|object| claimed_names(object, kinds)).collect();
    let mut renamed = Renamed { from: Catalog::default(), steps: Vec::new(), differences: Vec::new() };
    let mut names: HashMap<&Id, &Id> = HashMap::new();
    for (kind, old, new) in pairs {
        let Some(rename) = kind.rename else { continue };
        if claimed_names(new, kinds).iter().any(|name| occupied.contains(name)) {
            continue;
        }
        names.insert(&old.id, &new.id);
        let statements = rename(old, new.id.name(), from);
        renamed.steps.push(Step { action: Action::Alter, id: old.id.clone(), statements, risks: Vec::new() });
        let name = |object: &Object| Some(Value::Text(object.id.name().to_owned()));
        renamed.differences.push(Difference {
            action: Action::Alter,
            id: old.id.clone(),
            properties: vec![("name".to_owned(), name(old), name(new))],
        });
    }
    let all = from.shared().iter().map(|object| match under_new_names(object, &names, to) {
        Some(object) => Arc::new(object),
        None => Arc::clone(object),
    });
    renamed.from = all.collect();
    (!names.is_empty()).then_some(renamed)
}

fn pairs_of<'a>(
    kind: &'static Kind,
    from: &'a Catalog,
    to: &'a Catalog,
) -> Vec<(&'static Kind, &'a Object, &'a Object)> {
    let Some(alike) = kind.alike_but_name else { return Vec::new() };
    // In the same place: in a parent that is on both sides.
    let mut places: HashMap<&Id, (Vec<&Object>, Vec<&Object>)> = HashMap::new();
    for (catalog, other, is_old) in [(from, to, true), (to, from, false)] {
        for object in catalog.of_kind(kind.name).filter(|object| !other.contains(&object.id)) {
            let Some(parent) = object.parent.as_ref().filter(|parent| other.contains(parent)) else { continue };
            let (old, new) = places.entry(parent).or_default();
            if is_old { old.push(object) } else { new.push(object) }
        }
    }
    let mut pairs = Vec::new();
    for (old, new) in places.into_values() {
        for &gone in &old {
            let mut come = new.iter().copied().filter(|come| alike(gone, come, from, to));
            let (Some(only), None) = (come.next(), come.next()) else { continue };
            if old.iter().filter(|other| alike(other, only, from, to)).count() == 1 {
                pairs.push((kind, gone, only));
            }
        }
    }
    pairs.sort_by(|one, other| one.1.id.cmp(&other.1.id));
    pairs
}

fn claimed_names(object: &Object, kinds: &[&'static Kind]) -> Vec<String> {
    kinds.iter().find(|kind| kind.name == object.id.kind).map(|kind| (kind.claimed_names)(object)).unwrap_or_default()
}

/// Returns the object as it is when the names are given, if that changes anything: what is renamed has its new
/// properties, what refers to it the new name.
fn under_new_names(object: &Object, names: &HashMap<&Id, &Id>, to: &Catalog) -> Option<Object> {
    let of = |id: &Id| names.get(id).map(|new| (*new).clone()).or_else(|| within(id, names));
    let is_path = |value: &Value| matches!(value, Value::List(path) if names.keys().any(|old| *old.path == **path));
    let ids = std::iter::once(&object.id).chain(&object.parent).chain(&object.depends_on);
    let known = object.known.keys().filter(|name| object.known.get(name).is_some_and(is_path));
    let known: Vec<String> = known.map(str::to_owned).collect();
    if ids.map(of).all(|new| new.is_none()) && known.is_empty() {
        return None;
    }
    let of = |id: &Id| of(id).unwrap_or_else(|| id.clone());
    let mut renamed = object.clone();
    if let Some(new) = names.get(&object.id).and_then(|new| to.get(new)) {
        renamed.properties = new.properties.clone();
    }
    renamed.id = of(&object.id);
    renamed.parent = object.parent.as_ref().map(of);
    renamed.depends_on = object.depends_on.iter().map(of).collect();
    for name in &known {
        if let Some(value) = renamed.known.get_mut(name) {
            *value = renamed_path(value, names);
        }
    }
    Some(renamed)
}

/// Returns the new id of an attachment of a renamed object: its path begins with `on`, that object's kind and path.
fn within(id: &Id, names: &HashMap<&Id, &Id>) -> Option<Id> {
    let first = id.path.first()?.strip_prefix("on ")?;
    let (old, new) = names
        .iter()
        .find(|(old, _)| old.kind == first && id.path.get(1..).is_some_and(|rest| rest.starts_with(&old.path)))?;
    let rest = id.path.get(1 + old.path.len()..).unwrap_or_default();
    Some(Id::new(id.kind, id.path.iter().take(1).chain(new.path.iter()).chain(rest).cloned()))
}

fn renamed_path(value: &Value, names: &HashMap<&Id, &Id>) -> Value {
    let Value::List(path) = value else { return value.clone() };
    match names.iter().find(|(old, _)| *old.path == **path) {
        Some((_, new)) => Value::List(new.path.to_vec()),
        None => value.clone(),
    }
}

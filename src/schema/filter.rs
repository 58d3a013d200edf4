//! Which part of a database the models manage: the target is the models plus the unmanaged rest of the live database.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Catalog, Id, IdMap, Object};

/// What is compared, and what is left unmanaged.
pub struct Filter<'a> {
    /// Patterns of names that are never compared and never dropped.
    pub ignore: &'a [String],
    /// Do the models manage this object of the catalog?
    pub manages: &'a dyn Fn(&Object, &Catalog) -> bool,
    /// Do they manage this property of an object of this kind, so that its absence means its default?
    pub manages_property: &'a dyn Fn(&'static str, &str) -> bool,
    /// Are other tools' histories (`HISTORIES`) compared like any table, although no model declares them?
    pub histories: bool,
}

/// The tables in which other migration tools record applied migrations; not part of the schema, like this tool's own.
///
/// Source: the tools' documentation; src/import reads these tables.
pub const HISTORIES: &[&str] = &[
    "alembic_version",
    "flyway_schema_history",
    "databasechangelog",
    "databasechangeloglock",
    "DATABASECHANGELOG",
    "DATABASECHANGELOGLOCK",
    "_prisma_migrations",
    "django_migrations",
    "schema_migrations",
    "ar_internal_metadata",
    "_sqlx_migrations",
    "refinery_schema_history",
    "__diesel_schema_migrations",
    "seaql_migrations",
    "__drizzle_migrations",
    "goose_db_version",
    "atlas_schema_revisions",
];

/// The catalog to reach, and which of its objects are unmanaged ones of the live database.
#[derive(Clone, Debug, Default)]
pub struct Target {
    pub catalog: Catalog,
    /// The unmanaged objects, without their descendants.
    pub left_alone: Vec<Id>,
    /// The declared objects that are ignored, and so not in the target.
    pub ignored: BTreeSet<Id>,
}

/// Returns `declared` plus the unmanaged objects of `live`.
///
/// An unmanaged object stays as it is in `live` unless its parent is dropped: then it is dropped too. A property that the
/// models can't declare, and don't, keeps its live value.
pub fn target(declared: &Catalog, live: &Catalog, filter: &Filter) -> Target {
    let mut target = Target::default();
    let own = own_histories(live);
    let mut wanted: Vec<Arc<Object>> = Vec::with_capacity(declared.len());
    let mut kept: IdMap<&Id, bool> = IdMap::default();
    let named = |object: &Object, catalog: &Catalog| {
        is_ignored(object, catalog, filter.ignore, &own, &|id| filter.histories || declared.contains(id))
    };
    let compared = |object: &Object, catalog: &Catalog| !named(object, catalog) && (filter.manages)(object, catalog);
    for object in declared.shared() {
        if compared(object, declared) {
            wanted.push(with_unsaid(object, live, filter));
        } else {
            target.ignored.insert(object.id.clone());
        }
    }
    for object in live.shared() {
        if stays(object, live, declared, &compared, &mut kept) {
            let inside_another = object.parent.as_ref().is_some_and(|parent| kept.get(parent) == Some(&true));
            if !inside_another {
                target.left_alone.push(object.id.clone());
            }
            wanted.push(Arc::clone(object));
        }
    }
    target.catalog = wanted.into_iter().collect();
    if target.ignored.is_empty() {
        return target;
    }
    // The parents and dependencies of a compared object must be there, managed or not.
    let mut waiting: Vec<&Object> = target.catalog.objects().filter_map(|object| declared.get(&object.id)).collect();
    while let Some(object) = waiting.pop() {
        let needed = object.parent.iter().chain(&object.depends_on).filter(|id| target.ignored.contains(id));
        let missing: Vec<&Object> =
            needed.filter_map(|id| declared.get(id)).filter(|it| !named(it, declared)).collect();
        for object in missing {
            add(object, declared, &mut target, &mut waiting);
        }
    }
    target
}

/// Returns the declared object with the live values of the properties that the models can't declare, and don't.
fn with_unsaid(declared: &Arc<Object>, live: &Catalog, filter: &Filter) -> Arc<Object> {
    let Some(now) = live.get(&declared.id) else { return Arc::clone(declared) };
    let unsaid: Vec<&str> = (now.properties.keys())
        .filter(|name| !(filter.manages_property)(declared.id.kind, name) && !declared.properties.contains_key(name))
        .collect();
    if unsaid.is_empty() {
        return Arc::clone(declared);
    }
    let mut wanted = Object::clone(declared);
    for name in unsaid {
        if let Some(value) = now.properties.get(name) {
            wanted.properties.insert(name, value.clone());
        }
    }
    Arc::new(wanted)
}

/// Adds a declared object with its descendants.
fn add<'a>(object: &'a Object, declared: &'a Catalog, target: &mut Target, waiting: &mut Vec<&'a Object>) {
    target.ignored.remove(&object.id);
    target.catalog.insert(object.clone());
    waiting.push(object);
    for child in declared.children(&object.id) {
        add(child, declared, target, waiting);
    }
}

/// Returns the catalog without what is ignored, for a comparison in which neither side has the last word.
pub fn without_ignored(catalog: &Catalog, ignore: &[String]) -> Catalog {
    let own = own_histories(catalog);
    catalog.shared().iter().filter(|object| !is_ignored(object, catalog, ignore, &own, &|_| false)).cloned().collect()
}

/// Returns the version tables of this tool by what is in them: each tenant may have one, whatever its name.
fn own_histories(catalog: &Catalog) -> BTreeSet<Id> {
    let marked = catalog.objects().filter(|object| object.id.name() == "statements_done");
    let holders = marked.filter_map(|object| object.parent.clone());
    let has = |holder: &Id, name: &str| catalog.children(holder).iter().any(|child| child.id.name() == name);
    holders.filter(|holder| ["revision", "checksum", "tool_version"].iter().all(|name| has(holder, name))).collect()
}

/// Does a pattern match this object or an ancestor, or is it another tool's history table that no model declares?
fn is_ignored(
    object: &Object,
    catalog: &Catalog,
    ignore: &[String],
    own: &BTreeSet<Id>,
    declares: &dyn Fn(&Id) -> bool,
) -> bool {
    let mut at = Some(object);
    while let Some(inner) = at {
        let is_history = || inner.parent.is_none() && HISTORIES.contains(&inner.id.name()) || own.contains(&inner.id);
        let history = || is_history() && !declares(&inner.id);
        if ignore.iter().any(|pattern| is_named(&inner.id, pattern)) || history() {
            return true;
        }
        at = inner.parent.as_ref().and_then(|parent| catalog.get(parent));
    }
    false
}

/// Is this live object left unmanaged? Not if it is compared, nor if its parent is dropped.
fn stays<'a>(
    object: &'a Object,
    live: &'a Catalog,
    declared: &Catalog,
    compared: &dyn Fn(&Object, &Catalog) -> bool,
    kept: &mut IdMap<&'a Id, bool>,
) -> bool {
    if let Some(&known) = kept.get(&object.id) {
        return known;
    }
    let answer = !compared(object, live)
        && object.parent.as_ref().and_then(|parent| live.get(parent)).is_none_or(|parent| {
            declared.contains(&parent.id) && compared(parent, live) || stays(parent, live, declared, compared, kept)
        });
    kept.insert(&object.id, answer);
    answer
}

/// Does the pattern match this object: its own name, its full name, or the end of that (`users.email`)? A signature
/// in parentheses may be left out.
pub fn is_named(id: &Id, pattern: &str) -> bool {
    let dots = pattern.split('(').next().unwrap_or(pattern).matches('.').count();
    let (signatures, names): (Vec<&str>, Vec<&str>) =
        id.path.iter().map(String::as_str).partition(|part| part.starts_with('('));
    let from = names.len().saturating_sub(dots + 1);
    [names[from..].join("."), names.join(".")]
        .iter()
        .any(|name| matches(pattern, name) || matches(pattern, &format!("{name}{}", signatures.concat())))
}

/// Does `pattern` match `text`? `*` stands for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Value;

    fn object(kind: &'static str, name: &str, parent: Option<(&'static str, &str)>, says: &str) -> Object {
        let mut object = Object::new(Id::new(kind, name.split('.')));
        object.parent = parent.map(|(kind, name)| Id::new(kind, name.split('.')));
        object.set("says", Value::Text(says.to_owned()));
        object
    }

    fn names(declared: Vec<Object>, live: Vec<Object>, ignore: &[&str], silent: &str) -> Vec<String> {
        let (declared, live): (Catalog, Catalog) = (declared.into_iter().collect(), live.into_iter().collect());
        let ignore: Vec<String> = ignore.iter().map(|pattern| (*pattern).to_owned()).collect();
        let filter = Filter {
            ignore: &ignore,
            manages: &|object, _| object.id.kind != silent,
            manages_property: &|_, name| name != "unsaid",
            histories: false,
        };
        let target = target(&declared, &live, &filter);
        target.catalog.objects().map(|object| format!("{}={}", object.id, object.text("says").unwrap_or("-"))).collect()
    }

    #[test]
    fn what_is_not_spoken_for_stays_while_its_parent_does() {
        let live = vec![
            object("box", "a", None, "x"),
            object("lid", "a.l", Some(("box", "a")), "x"),
            object("box", "b", None, "x"),
            object("lid", "b.m", Some(("box", "b")), "x"),
        ];
        assert_eq!(names(vec![object("box", "a", None, "y")], live, &[], "lid"), ["box a=y", "lid a.l=x"]);
    }

    #[test]
    fn what_is_ignored_keeps_all_that_is_in_it_and_is_not_declared() {
        let live = vec![object("box", "old_1", None, "x"), object("lid", "old_1.l", Some(("box", "old_1")), "x")];
        let declared = vec![object("box", "old_1", None, "y"), object("box", "old_2", None, "y")];
        assert_eq!(names(declared, live, &["old_*"], ""), ["box old_1=x", "lid old_1.l=x"]);
    }

    #[test]
    fn other_tools_histories_are_never_dropped() {
        let live = vec![object("box", "alembic_version", None, "x"), object("box", "gone", None, "x")];
        assert_eq!(names(Vec::new(), live, &[], ""), ["box alembic_version=x"]);
    }

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, text, wanted) in
            [("a*c", "abc", true), ("a*c", "abd", false), ("*", "", true), ("a", "ab", false), ("*b*", "abc", true)]
        {
            assert_eq!(matches(pattern, text), wanted, "{pattern} {text}");
        }
    }
}

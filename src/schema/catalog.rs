//! A catalog: objects by their ids, shared between the catalogs that hold them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use super::{Id, Object};

/// A map by ids. Nobody chooses names to make this program slow, so that its hash may be a quick one.
pub type IdMap<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// A set of ids.
pub type IdSet<K = Id> = HashSet<K, foldhash::fast::FixedState>;

/// What a database contains: its objects by their ids, and who lives inside whom.
///
/// An object that two catalogs hold is stored once, and known to be the same without being looked at.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// By id.
    sorted: Vec<Arc<Object>>,
    objects: IdMap<Id, Arc<Object>>,
    /// By the parent's id.
    children: IdMap<Id, Vec<Arc<Object>>>,
    /// By the last part of the path, once somebody asked.
    named: OnceLock<HashMap<String, Vec<Arc<Object>>>>,
}

impl Catalog {
    /// Adds an object, in the place of the one of that id.
    pub fn insert(&mut self, object: impl Into<Arc<Object>>) {
        let object = object.into();
        self.named = OnceLock::new();
        self.remove(&object.id);
        let at = self.sorted.partition_point(|other| other.id < object.id);
        self.sorted.insert(at, Arc::clone(&object));
        self.enter(object);
    }

    fn enter(&mut self, object: Arc<Object>) {
        if let Some(parent) = &object.parent {
            match self.children.get_mut(parent) {
                Some(siblings) => siblings.push(Arc::clone(&object)),
                None => _ = self.children.insert(parent.clone(), vec![Arc::clone(&object)]),
            }
        }
        self.objects.insert(object.id.clone(), object);
    }

    /// Takes one object out, not its children.
    pub fn remove(&mut self, id: &Id) -> Option<Arc<Object>> {
        let object = self.objects.remove(id)?;
        self.named = OnceLock::new();
        if let Some(siblings) = object.parent.as_ref().and_then(|parent| self.children.get_mut(parent)) {
            siblings.retain(|sibling| sibling.id != *id);
        }
        if let Ok(at) = self.sorted.binary_search_by(|other| other.id.cmp(id)) {
            self.sorted.remove(at);
        }
        Some(object)
    }

    pub fn get(&self, id: &Id) -> Option<&Object> {
        self.objects.get(id).map(|object| &**object)
    }

    pub fn contains(&self, id: &Id) -> bool {
        self.objects.contains_key(id)
    }

    /// All objects, by id.
    pub fn objects(&self) -> impl DoubleEndedIterator<Item = &Object> {
        self.sorted.iter().map(|object| &**object)
    }

    /// All objects, by id, for another catalog to share.
    pub fn shared(&self) -> &[Arc<Object>] {
        &self.sorted
    }

    /// The objects of a kind, by their paths; the others are not looked at.
    pub fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &Object> {
        let first = self.sorted.partition_point(|object| object.id.kind < kind);
        let rest = self.sorted.get(first..).unwrap_or_default();
        rest.iter().map(|object| &**object).take_while(move |object| object.id.kind == kind)
    }

    /// The objects with this name, whatever their kind and wherever they are.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Object> {
        let by_name = self.named.get_or_init(|| {
            let mut by_name: HashMap<String, Vec<Arc<Object>>> = HashMap::new();
            for object in &self.sorted {
                by_name.entry(object.id.name().to_owned()).or_default().push(Arc::clone(object));
            }
            by_name
        });
        by_name.get(name).into_iter().flatten().map(|object| &**object)
    }

    /// What lives directly inside `id`, in the order of its place, then its id.
    pub fn children(&self, id: &Id) -> Vec<&Object> {
        let mut found: Vec<&Object> = self.children.get(id).into_iter().flatten().map(|object| &**object).collect();
        found.sort_by(|a, b| (a.place, &a.id).cmp(&(b.place, &b.id)));
        found
    }

    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }
}

impl PartialEq for Catalog {
    fn eq(&self, other: &Self) -> bool {
        self.sorted == other.sorted
    }
}

impl Eq for Catalog {}

impl<O: Into<Arc<Object>>> FromIterator<O> for Catalog {
    /// Of several objects of one id the last is kept.
    fn from_iter<I: IntoIterator<Item = O>>(objects: I) -> Self {
        let mut sorted: Vec<Arc<Object>> = objects.into_iter().map(Into::into).collect();
        sorted.sort_by(|a, b| a.id.cmp(&b.id));
        sorted.dedup_by(|later, earlier| {
            let same = later.id == earlier.id;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        let mut catalog = Catalog::default();
        catalog.objects.reserve(sorted.len());
        sorted.iter().cloned().for_each(|object| catalog.enter(object));
        catalog.sorted = sorted;
        catalog
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str, parent: Option<&str>, place: i32) -> Object {
        let mut object = Object::new(Id::new("box", [name]));
        object.parent = parent.map(|name| Id::new("box", [name]));
        object.place = place;
        object
    }

    #[test]
    fn objects_come_by_id_and_children_by_place() {
        let mut catalog: Catalog = [object("c", Some("a"), 1), object("b", Some("a"), 2)].into_iter().collect();
        catalog.insert(object("a", None, 0));
        let names = |objects: Vec<&Object>| objects.iter().map(|object| object.id.name()).collect::<Vec<_>>().concat();
        assert_eq!(names(catalog.objects().collect()), "abc");
        assert_eq!(names(catalog.children(&Id::new("box", ["a"]))), "cb");
    }

    #[test]
    fn the_last_of_an_id_is_kept_and_what_is_removed_is_gone() {
        let mut catalog: Catalog = [object("a", None, 1), object("a", None, 2)].into_iter().collect();
        assert_eq!(catalog.objects().map(|object| object.place).collect::<Vec<_>>(), [2]);
        catalog.insert(object("b", Some("a"), 3));
        catalog.insert(object("b", Some("a"), 4));
        assert_eq!(catalog.children(&Id::new("box", ["a"]))[0].place, 4);
        assert_eq!(catalog.remove(&Id::new("box", ["b"])).map(|object| object.place), Some(4));
        assert!(catalog.children(&Id::new("box", ["a"])).is_empty() && catalog.len() == 1);
    }
}

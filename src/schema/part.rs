//! A part of the way from one catalog to another: what is chosen, and what that needs.

use std::collections::{BTreeSet, HashMap};

use super::filter::is_named;
use super::{Catalog, Id, Object};

/// Which objects are chosen, by patterns of their names or of what they live in.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// Empty: everything.
    pub only: &'a [String],
    pub except: &'a [String],
}

impl Choice<'_> {
    pub fn is_everything(&self) -> bool {
        self.only.is_empty() && self.except.is_empty()
    }

    /// Is this object chosen, or what it lives in? `catalogs` know its parents.
    pub fn takes(&self, id: &Id, catalogs: [&Catalog; 2]) -> bool {
        let (mut only, mut at) = (self.only.is_empty(), Some(id));
        while let Some(inner) = at {
            if self.except.iter().any(|pattern| is_named(inner, pattern)) {
                return false;
            }
            only |= self.only.iter().any(|pattern| is_named(inner, pattern));
            at = catalogs.iter().find_map(|catalog| catalog.get(inner)).and_then(|object| object.parent.as_ref());
        }
        only
    }
}

/// Returns `from` with what is chosen as it is in `to`.
///
/// What a chosen object needs and `from` lacks comes with it, whole; what needs an object that is dropped is dropped or
/// changed with it.
pub fn part(from: &Catalog, to: &Catalog, choice: &Choice) -> Catalog {
    let mut needed_by: HashMap<&Id, Vec<&Object>> = HashMap::new();
    for object in from.objects() {
        for needed in object.parent.iter().chain(&object.depends_on) {
            needed_by.entry(needed).or_default().push(object);
        }
    }
    let every = from.objects().chain(to.objects()).map(|object| &object.id);
    let mut open: Vec<&Id> = every.filter(|id| choice.takes(id, [from, to])).collect();
    let mut taken: BTreeSet<&Id> = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !taken.insert(id) {
            continue;
        }
        match to.get(id) {
            Some(object) => {
                let needed = object.parent.iter().chain(&object.depends_on);
                open.extend(needed.filter(|needed| !from.contains(needed)));
                if !from.contains(id) {
                    open.extend(to.children(id).into_iter().map(|child| &child.id));
                }
            }
            None => {
                let above = needed_by.get(id).into_iter().flatten();
                open.extend(above.filter(|object| to.get(&object.id) != Some(*object)).map(|object| &object.id));
            }
        }
    }
    let kept = from.shared().iter().filter(|object| !taken.contains(&object.id));
    kept.chain(to.shared().iter().filter(|object| taken.contains(&object.id))).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str, parent: Option<&str>, needs: &[&str]) -> Object {
        let id = |name: &str| Id::new("box", name.split('.'));
        let mut object = Object::new(id(name));
        object.parent = parent.map(id);
        object.depends_on = needs.iter().map(|name| id(name)).collect();
        object
    }

    fn names(only: &[&str], except: &[&str]) -> Vec<String> {
        let from = [object("a", None, &[]), object("old", None, &[]), object("old.x", Some("old"), &[])];
        let to =
            [object("a", None, &[]), object("a.v", Some("a"), &["b"]), object("b", None, &[]), object("c", None, &[])];
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let (only, except) = (list(only), list(except));
        let choice = Choice { only: &only, except: &except };
        let part = part(&from.into_iter().collect(), &to.into_iter().collect(), &choice);
        part.objects().map(|object| object.id.path.to_vec().join(".")).collect()
    }

    #[test]
    fn a_part_has_what_it_needs_and_nothing_else() {
        assert_eq!(names(&[], &[]), ["a", "a.v", "b", "c"]);
        assert_eq!(names(&["a"], &[]), ["a", "a.v", "b", "old", "old.x"]);
        assert_eq!(names(&["old"], &[]), ["a"]);
        assert_eq!(names(&[], &["a", "old"]), ["a", "b", "c", "old", "old.x"]);
    }
}

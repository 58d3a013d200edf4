//! The core: a catalog as a graph of objects, and the plan that turns one catalog into another.
//!
//! Names no kind of object and does no I/O: what differs between kinds is a row of facts and functions (`kind::Kind`)
//! that each database brings.

pub mod change;
pub mod explain;
pub mod filter;
pub mod kind;
pub mod order;
pub mod plan;
pub mod rename;
pub mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Serialize, Serializer};

use crate::sql::quote;

/// What an object is called: its kind, and the names that lead to it (`column app.users.email`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    /// The name of a row in the dialect's `kinds`.
    pub kind: &'static str,
    /// From the outermost name to its own.
    pub path: Vec<String>,
}

impl Id {
    pub fn new<S: Into<String>>(kind: &'static str, path: impl IntoIterator<Item = S>) -> Self {
        Id { kind, path: path.into_iter().map(Into::into).collect() }
    }

    /// The last part of the path but for a signature in parentheses: the object's own name.
    pub fn name(&self) -> &str {
        let named = self.path.iter().rev().find(|part| !part.starts_with('('));
        named.or(self.path.last()).map_or("", String::as_str)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)?;
        for (number, part) in self.path.iter().enumerate() {
            match part.strip_prefix('(') {
                // A part in parentheses is a signature: `function app.f(integer)`.
                Some(_) if number > 0 => f.write_str(part)?,
                Some(_) => write!(f, " {part}")?,
                // A first part with a blank says what an object hangs on: `comment on table app.users`.
                None if number == 0 && part.starts_with("on ") => write!(f, " {part}")?,
                None if number == 0
                    || number == 1 && self.path.first().is_some_and(|first| first.starts_with("on ")) =>
                {
                    write!(f, " {}", quote::identifier(part))?
                }
                None => write!(f, ".{}", quote::identifier(part))?,
            }
        }
        Ok(())
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.kind, &self.path).serialize(serializer)
    }
}

/// One property of an object, in the database's own words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Value {
    Flag(bool),
    Text(String),
    List(Vec<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Flag(flag) => write!(f, "{flag}"),
            Value::Text(text) => write!(f, "{text}"),
            Value::List(list) => write!(f, "({})", list.join(", ")),
        }
    }
}

/// One schema object as a database describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Object {
    pub id: Id,
    /// What it lives inside of and dies with.
    pub parent: Option<Id>,
    /// Name → value. A property that is absent has its default; a false flag is never stored.
    pub properties: BTreeMap<String, Value>,
    /// What its kind's functions know of it besides, never compared: the columns of a view, a grant's default.
    pub known: BTreeMap<String, Value>,
    /// What must be there before it; its parent is always among them without being listed.
    pub depends_on: BTreeSet<Id>,
    /// Its place among its siblings, from 1; never compared.
    pub place: i32,
}

impl Object {
    pub fn new(id: Id) -> Self {
        Object {
            id,
            parent: None,
            properties: BTreeMap::new(),
            known: BTreeMap::new(),
            depends_on: BTreeSet::new(),
            place: 0,
        }
    }

    pub fn text(&self, property: &str) -> Option<&str> {
        match self.properties.get(property) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn flag(&self, property: &str) -> bool {
        self.properties.get(property) == Some(&Value::Flag(true))
    }

    /// Returns the list, empty where there is none.
    pub fn list(&self, property: &str) -> &[String] {
        match self.properties.get(property) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    /// Returns the property as DDL is to say it, where that is other than as it is compared (`known` has it under
    /// `written PROPERTY`).
    pub fn written(&self, property: &str) -> Option<&str> {
        self.known_text(&format!("written {property}")).or_else(|| self.text(property))
    }

    pub fn known_text(&self, name: &str) -> Option<&str> {
        match self.known.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn known_flag(&self, name: &str) -> bool {
        self.known.get(name) == Some(&Value::Flag(true))
    }

    /// Returns the list, empty where there is none.
    pub fn known_list(&self, name: &str) -> &[String] {
        match self.known.get(name) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    /// Stores a property; a false flag and an empty list are the absence of one.
    pub fn set(&mut self, property: &str, value: Value) {
        match value {
            Value::Flag(false) => {}
            Value::List(list) if list.is_empty() => {}
            value => {
                self.properties.insert(property.to_owned(), value);
            }
        }
    }
}

/// What a database contains: its objects by their ids, and who lives inside whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    objects: BTreeMap<Id, Object>,
    children: BTreeMap<Id, BTreeSet<Id>>,
}

impl Catalog {
    pub fn insert(&mut self, object: Object) {
        if let Some(parent) = &object.parent {
            self.children.entry(parent.clone()).or_default().insert(object.id.clone());
        }
        self.objects.insert(object.id.clone(), object);
    }

    /// Takes one object out, not its children.
    pub fn remove(&mut self, id: &Id) -> Option<Object> {
        let object = self.objects.remove(id)?;
        if let Some(siblings) = object.parent.as_ref().and_then(|parent| self.children.get_mut(parent)) {
            siblings.remove(id);
        }
        Some(object)
    }

    pub fn get(&self, id: &Id) -> Option<&Object> {
        self.objects.get(id)
    }

    pub fn get_mut(&mut self, id: &Id) -> Option<&mut Object> {
        self.objects.get_mut(id)
    }

    pub fn contains(&self, id: &Id) -> bool {
        self.objects.contains_key(id)
    }

    /// All objects, by id.
    pub fn objects(&self) -> impl DoubleEndedIterator<Item = &Object> {
        self.objects.values()
    }

    /// The objects of a kind, by their paths; the others are not looked at.
    pub fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &Object> {
        let first = Id { kind, path: Vec::new() };
        self.objects.range(first..).map(|(_, object)| object).take_while(move |object| object.id.kind == kind)
    }

    /// What lives directly inside `id`, in the order of its place, then its id.
    pub fn children(&self, id: &Id) -> Vec<&Object> {
        let ids = self.children.get(id);
        let mut found: Vec<&Object> = ids.into_iter().flatten().filter_map(|id| self.objects.get(id)).collect();
        found.sort_by(|a, b| (a.place, &a.id).cmp(&(b.place, &b.id)));
        found
    }

    pub fn len(&self) -> usize {
        self.objects.len()
    }

    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

impl FromIterator<Object> for Catalog {
    fn from_iter<I: IntoIterator<Item = Object>>(objects: I) -> Self {
        let mut catalog = Catalog::default();
        objects.into_iter().for_each(|object| catalog.insert(object));
        catalog
    }
}

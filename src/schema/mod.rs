//! The core: a catalog as a graph of objects, and the plan that turns one catalog into another.
//!
//! Names no kind of object and does no I/O: what differs between kinds is a row of facts and functions (`kind::Kind`)
//! that each database brings.

mod catalog;
pub mod change;
pub mod explain;
pub mod filter;
pub mod kind;
pub mod order;
pub mod part;
pub mod plan;
mod properties;
pub mod rename;
pub mod stored;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::sql::quote;

pub use catalog::{Catalog, IdMap, IdSet};
pub use properties::Properties;

/// An object's kind and qualified name (`column app.users.email`). Copies share the names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    /// The name of a row in the dialect's `kinds`.
    pub kind: &'static str,
    /// From the outermost name to its own.
    pub path: Path,
}

/// An object's qualified name as a list of names. It is hashed once, because ids are looked up very often.
#[derive(Clone)]
pub struct Path(Arc<(u64, Vec<String>)>);

impl Path {
    fn new(names: Vec<String>) -> Self {
        Path(Arc::new((foldhash::fast::FixedState::default().hash_one(&names), names)))
    }
}

impl Deref for Path {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0.1
    }
}

impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Path {}

impl Ord for Path {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.1.cmp(&other.0.1) }
    }
}

impl PartialOrd for Path {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Path {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.0);
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.1.fmt(f)
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.1.serialize(serializer)
    }
}

impl Id {
    pub fn new<S: Into<String>>(kind: &'static str, path: impl IntoIterator<Item = S>) -> Self {
        Id { kind, path: Path::new(path.into_iter().map(Into::into).collect()) }
    }

    /// Returns the id that differs in the last part of its path.
    pub fn with_last(&self, last: &str) -> Self {
        let outer = self.path.split_last().map_or(&[][..], |(_, outer)| outer);
        Id::new(self.kind, outer.iter().map(String::as_str).chain([last]))
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
                // A first part with a blank names the object that this one is attached to: `comment on table app.users`.
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
    /// The object it belongs to and is dropped with.
    pub parent: Option<Id>,
    /// Name → value. A property that is absent has its default; a false flag is never stored.
    pub properties: Properties,
    /// Further facts for its kind's functions, never compared: the columns of a view, a grant's default.
    pub known: Properties,
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
            properties: Properties::default(),
            known: Properties::default(),
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

    /// Returns the list, empty if there is none.
    pub fn list(&self, property: &str) -> &[String] {
        match self.properties.get(property) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    /// Returns the property as DDL writes it, if that differs from the compared form (`known` has it under
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

    /// Returns the list, empty if there is none.
    pub fn known_list(&self, name: &str) -> &[String] {
        match self.known.get(name) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    /// Stores a property; a false flag and an empty list are the absence of one.
    pub fn set(&mut self, property: impl Into<Arc<str>>, value: Value) {
        match value {
            Value::Flag(false) => {}
            Value::List(list) if list.is_empty() => {}
            value => self.properties.insert(property, value),
        }
    }
}

//! What is known of an object: a short, ordered list of names and values.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Value;

/// Name → value, by name. An object has a handful, and a catalog has very many objects: a sorted list takes less room
/// than a tree, and the names are shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Arc<str>, Value>", into = "BTreeMap<Arc<str>, Value>")]
pub struct Properties(Vec<(Arc<str>, Value)>);

impl Properties {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.place(name).ok().map(|at| &self.0[at].1)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.place(name).ok().map(|at| &mut self.0[at].1)
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Sets a value, in the place of the one of that name.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, value: Value) {
        let name = name.into();
        match self.place(&name) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (name, value)),
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(own, _)| **own != *name);
    }

    /// The names, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }

    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().map(|(_, value)| value)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(own, _)| (**own).cmp(name))
    }
}

impl From<BTreeMap<Arc<str>, Value>> for Properties {
    fn from(map: BTreeMap<Arc<str>, Value>) -> Self {
        Properties(map.into_iter().collect())
    }
}

impl From<Properties> for BTreeMap<Arc<str>, Value> {
    fn from(properties: Properties) -> Self {
        properties.0.into_iter().collect()
    }
}

//! A catalog as JSON and back: what `inspect` prints, `diff` reads, and the shadow's answers are remembered as.

use serde::Deserialize;

use super::kind::Kind;
use super::{Catalog, Id, Object, Properties};

/// An id as it is stored: its kind and path.
type StoredId = (String, Vec<String>);

#[derive(Deserialize)]
struct StoredObject {
    id: StoredId,
    #[serde(default)]
    parent: Option<StoredId>,
    #[serde(default)]
    properties: Properties,
    #[serde(default)]
    known: Properties,
    #[serde(default)]
    depends_on: Vec<StoredId>,
    #[serde(default)]
    place: i32,
}

/// Returns the objects as a JSON list, by id.
pub fn to_json(catalog: &Catalog) -> serde_json::Result<String> {
    to_json_of(catalog.objects())
}

/// Returns some objects as a JSON list: the same text for the same objects, and for no others.
pub fn to_json_of<'a>(objects: impl Iterator<Item = &'a Object>) -> serde_json::Result<String> {
    serde_json::to_string(&objects.collect::<Vec<_>>())
}

/// Reads what `to_json` wrote; `kinds` are the dialect's.
///
/// # Errors
/// A sentence: no such JSON, or a kind of object that the dialect does not have.
pub fn from_json(text: &str, kinds: &[&'static Kind]) -> Result<Catalog, String> {
    let stored: Vec<StoredObject> =
        serde_json::from_str(text).map_err(|error| format!("not a catalog printed by `migrate inspect`: {error}"))?;
    let id = |(kind, path): StoredId| -> Result<Id, String> {
        let known = kinds.iter().find(|row| row.name == kind).map(|row| row.name);
        let kind = known.ok_or_else(|| format!("this database has no kind of object `{kind}`"))?;
        Ok(Id::new(kind, path))
    };
    let object = |stored: StoredObject| -> Result<Object, String> {
        Ok(Object {
            id: id(stored.id)?,
            parent: stored.parent.map(id).transpose()?,
            properties: stored.properties,
            known: stored.known,
            depends_on: stored.depends_on.into_iter().map(id).collect::<Result<_, _>>()?,
            place: stored.place,
        })
    };
    stored.into_iter().map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Value;

    static BOX: Kind = Kind { name: "box", ..Kind::REPLACED };

    #[test]
    fn what_is_stored_comes_back() {
        let mut object = Object::new(Id::new("box", ["a", "b"]));
        object.parent = Some(Id::new("box", ["a"]));
        object.set("flag", Value::Flag(true));
        object.set("list", Value::List(vec!["x".to_owned()]));
        object.known.insert("k", Value::Text("v".to_owned()));
        object.depends_on.insert(Id::new("box", ["a"]));
        object.place = 3;
        let catalog: Catalog = [object, Object::new(Id::new("box", ["a"]))].into_iter().collect();
        let text = to_json(&catalog).unwrap();
        assert_eq!(from_json(&text, &[&BOX]).unwrap(), catalog);
        assert!(from_json(&text, &[]).is_err());
    }
}

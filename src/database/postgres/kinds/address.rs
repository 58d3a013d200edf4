//! How DDL addresses an object: `TABLE app.users`, `TRIGGER touch ON app.users`, `FUNCTION app.f(integer)`.

use crate::schema::kind::Creation;
use crate::schema::{Catalog, Object};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

/// Returns the object's kind and name as DROP and COMMENT ON write them.
pub fn address(object: &Object) -> String {
    let path = object.id.path.as_ref();
    let (owner, name) = path.split_last().map_or((&[][..], ""), |(name, owner)| (owner, name.as_str()));
    match object.id.kind {
        "column" | "foreign column" => format!("COLUMN {}", qualified(path)),
        "enum" | "composite" | "range" => format!("TYPE {}", qualified(path)),
        "function" | "procedure" | "aggregate" | "operator" => {
            // A cast over the signature in the path: an aggregate's has an ORDER BY or a star in it.
            let signature = object.known_text("signature").unwrap_or(name);
            let blank = if object.id.kind == "operator" { " " } else { "" };
            format!("{} {}{blank}{signature}", object.id.kind.to_uppercase(), routine(object.id.kind, owner))
        }
        "operator class" | "operator family" => {
            format!("{} {} USING {}", object.id.kind.to_uppercase(), qualified(owner), identifier(name))
        }
        "cast" => format!("CAST {name}"),
        "user mapping" => format!("USER MAPPING FOR {} SERVER {}", role(name), qualified(owner)),
        "trigger" | "rule" | "policy" => {
            format!("{} {} ON {}", object.id.kind.to_uppercase(), identifier(name), qualified(owner))
        }
        kind if kind.contains("constraint") || kind.contains("key") || kind.contains("check") => {
            let domain = object.parent.as_ref().is_some_and(|parent| parent.kind == "domain");
            let on = if domain { "DOMAIN " } else { "" };
            format!("CONSTRAINT {} ON {on}{}", identifier(name), qualified(owner))
        }
        kind => format!("{} {}", kind.to_uppercase(), qualified(path)),
    }
}

/// Returns the object's kind and name as GRANT writes them after ON.
pub fn granted(object: &Object) -> String {
    let path = object.id.path.as_ref();
    match object.id.kind {
        "view" | "materialized view" | "foreign table" | "table" => format!("TABLE {}", qualified(path)),
        "domain" => format!("DOMAIN {}", qualified(path)),
        "server" => format!("FOREIGN SERVER {}", qualified(path)),
        // GRANT knows an aggregate as a function of the types in its path.
        "aggregate" => {
            let (owner, types) = path.split_last().map_or((&[][..], ""), |(name, owner)| (owner, name.as_str()));
            format!("FUNCTION {}{types}", qualified(owner))
        }
        _ => address(object),
    }
}

/// Returns a role as GRANT and policies write it.
pub fn role(name: &str) -> String {
    if name == "public" { "PUBLIC".to_owned() } else { identifier(name) }
}

/// Makes an object whose property `definition` is its whole CREATE.
pub fn create_as_defined(creation: &Creation) -> Vec<Statement> {
    let text = creation.object.written("definition").unwrap_or_default();
    vec![Statement::new(text, &creation.object.id)]
}

/// Drops an object by its address.
pub fn drop_by_address(object: &Object, _: &Catalog) -> Vec<Statement> {
    vec![Statement::new(format!("DROP {}", address(object)), &object.id)]
}

/// Renames what `ALTER … RENAME TO` can rename.
pub fn rename_by_address(object: &Object, name: &str, _: &Catalog) -> Vec<Statement> {
    vec![Statement::new(format!("ALTER {} RENAME TO {}", address(object), identifier(name)), &object.id)]
}

/// An operator's own name is written bare after its schema.
fn routine(kind: &str, path: &[String]) -> String {
    match path {
        [schema, operator] if kind == "operator" => format!("{}.{operator}", identifier(schema)),
        path => qualified(path),
    }
}

/// Returns the statements that change the list of extensions that an object depends on (DEPENDS ON EXTENSION).
pub fn depends_on_extensions(object: &Object, old: &[String], new: &[String]) -> Vec<Statement> {
    let say = |no: &str, extension: &String| {
        let text = format!("ALTER {} {no}DEPENDS ON EXTENSION {}", address(object), identifier(extension));
        Statement::new(text, &object.id)
    };
    let gone = old.iter().filter(|extension| !new.contains(extension)).map(|extension| say("NO ", extension));
    let come = new.iter().filter(|extension| !old.contains(extension)).map(|extension| say("", extension));
    gone.chain(come).collect()
}

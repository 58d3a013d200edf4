//! The list of kinds, in the order in which they are created if nothing else decides.
//!
//! A kind is one file: `KIND`, the row of facts and functions for the planner. All of them are read at once, in
//! `reflect`, because SQLite keeps one table of texts.

pub mod column;
pub mod constraint;
pub mod index;
pub mod table;
pub mod trigger;
pub mod view;
pub mod virtual_table;

use crate::schema::kind::Kind;

macro_rules! kinds {
    ($($name:ident),* $(,)?) => {
        pub static KINDS: &[&Kind] = &[$(&$name::KIND),*];
    };
}

kinds! {
    table,
    column,
    constraint,
    virtual_table,
    index,
    view,
    trigger,
}

/// Returns the text that SQLite keeps of an object, as its models or whoever made it wrote it.
fn text(object: &crate::schema::Object) -> &str {
    object.known_text("text").unwrap_or_default()
}

/// What tables, indexes and views may not have in common: a name, in any case.
fn relation(object: &crate::schema::Object) -> Vec<String> {
    vec![format!("relation {}", object.id.name().to_ascii_lowercase())]
}

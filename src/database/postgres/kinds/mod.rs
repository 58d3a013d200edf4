//! The list of kinds, in the order in which they are created where nothing else decides.
//!
//! A kind is one file: `KIND`, the row of facts and functions for the planner, and `query`, the one statement that reads
//! every object of the kind. The statement's columns say what an object is:
//!
//! | column | type | meaning |
//! |---|---|---|
//! | `_class`, `_oid`, `_sub` | oid, oid, int4 | its catalog address, as `pg_depend` names it (`_sub` may be left out: 0) |
//! | `_also_class`, `_also_oid` | oid, oid | a second address that means it, or null (a generated column's expression) |
//! | `_path` | text[] | its path; for an attached object, what its path has beyond that of what it is attached to |
//! | `_parent_kind`, `_parent` | text, text[] | its parent, or null: what it lives in and is dropped with by one statement. A schema is no parent: it is dropped empty |
//! | `_on_class`, `_on_oid`, `_on_sub` | oid, oid, int4 | it is attached to the object with this address (a comment, a privilege): that is its parent, and its path begins with `on` and the parent's kind, and the parent's path |
//! | `_needs_kind`, `_needs` | text, text[] | one object that it depends on and `pg_depend` does not say so, or null |
//! | `_place` | int4 | its place among its siblings |
//! | `_known_…` | text, bool, text[] | what the kind's functions know of it besides; never compared |
//! | any other | text, bool, text[] | a property; null is the absence of one |
//!
//! Texts are read in one spelling (`spelling::settled`).
//!
//! Dependencies are no business of a kind: `reflect` takes them from `pg_depend`, by address.

use crate::schema::kind::Kind;

pub mod address;
mod identity;
mod inherited;
mod names;
mod not_null;
pub mod options;
mod remake;
mod retype;

/// What a kind's query is asked for.
pub struct Asked {
    /// `server_version_num`: 150020.
    pub version: u32,
    /// A condition on a schema's name, with `{}` in the place of the name.
    pub(super) in_scope: String,
    /// A condition that is false for the tool's own table, on `{schema}` and `{name}`.
    pub(super) not_ours: String,
}

impl Asked {
    /// Is the schema whose name is the SQL expression `name` one of those asked for? As an SQL condition.
    pub fn schema(&self, name: &str) -> String {
        self.in_scope.replace("{}", name)
    }

    /// Is the relation of this schema and name another than the tool's own table? As an SQL condition.
    pub fn not_ours(&self, schema: &str, name: &str) -> String {
        self.not_ours.replace("{schema}", schema).replace("{name}", name)
    }

    /// Does the object belong to no extension? As an SQL condition on its catalog and the expression of its oid.
    pub fn own(&self, catalog: &str, oid: &str) -> String {
        format!(
            "{oid} NOT IN (SELECT objid FROM pg_depend WHERE deptype = 'e' AND classid = '{catalog}'::regclass AND refclassid = 'pg_extension'::regclass)"
        )
    }
}

/// A kind and the statement that reads every object of it.
pub struct Reader {
    pub kind: &'static Kind,
    pub query: fn(&Asked) -> String,
}

macro_rules! kinds {
    ($($name:ident),* $(,)?) => {
        $(pub mod $name;)*
        pub static KINDS: &[&Kind] = &[$(&$name::KIND),*];
        pub(super) static READERS: &[Reader] = &[$(Reader { kind: &$name::KIND, query: $name::query }),*];
    };
}

kinds! {
    schema,
    extension,
    language,
    access_method,
    collation,
    enumeration,
    domain,
    domain_constraint,
    composite,
    range,
    text_search_parser,
    text_search_template,
    text_search_dictionary,
    text_search_configuration,
    function,
    procedure,
    aggregate,
    operator,
    operator_family,
    operator_class,
    cast,
    conversion,
    foreign_data_wrapper,
    server,
    user_mapping,
    sequence,
    table,
    partition,
    inheritance,
    foreign_table,
    foreign_column,
    foreign_check,
    column,
    default,
    constraint,
    index,
    view,
    view_default,
    materialized_view,
    rule,
    trigger,
    partition_trigger,
    policy,
    statistics,
    publication,
    publication_table,
    publication_schema,
    event_trigger,
    comment,
    privilege,
    default_privilege,
}

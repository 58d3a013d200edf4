//! The list of kinds, in the order in which they are created if nothing else decides.
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
pub mod comment;
pub mod extension;
pub mod foreign;
pub mod index_attachment;
pub mod relations;
pub mod replication;
pub mod rights;
pub mod routines;
pub mod schema;
pub mod text_search;
pub mod types;

pub use foreign::{foreign_check, foreign_column, foreign_data_wrapper, foreign_table, server, user_mapping};
pub use relations::{
    column, constraint, default, identity, index, inheritance, inherited, materialized_view, names, not_null, options,
    partition, partition_trigger, policy, recreate_table, rule, sequence, statistics, table, trigger, view,
    view_default,
};
pub use replication::{publication, publication_schema, publication_table};
pub use rights::{default_privilege, privilege};
pub use routines::{
    access_method, aggregate, event_trigger, function, language, operator, operator_class, operator_family, procedure,
};
pub use text_search::{text_search_configuration, text_search_dictionary, text_search_parser, text_search_template};
pub use types::{
    cast, collation, column_cast, composite, conversion, domain, domain_constraint, enumeration, range, recreate_type,
};

/// What a kind's query is asked for.
pub struct QueryContext {
    /// `server_version_num`: 150020.
    pub version: u32,
    /// A condition on a schema's name, with `{}` in the place of the name.
    pub(super) in_scope: String,
    /// A condition that is false for the tool's own table, on `{schema}` and `{name}`.
    pub(super) not_ours: String,
}

impl QueryContext {
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
    pub query: fn(&QueryContext) -> String,
    /// Catalogs, and their columns with oids, in which there are rows of the database's own when there is any such object.
    pub rows: &'static [(&'static str, &'static str)],
}

impl Reader {
    /// Is there anything to read? As an SQL condition. What a database does not begin with has an oid from 16384 on
    /// (PostgreSQL's src/include/access/transam.h, FirstNormalObjectId).
    pub fn any(&self) -> String {
        let exist =
            self.rows.iter().map(|(catalog, oid)| format!("EXISTS (SELECT FROM {catalog} WHERE {oid} >= 16384)"));
        exist.reduce(|one, other| format!("{one} AND {other}")).unwrap_or_else(|| "true".to_owned())
    }
}

/// Beside a kind stands the column with the oid, in the catalog without whose rows there is nothing of that kind.
macro_rules! kinds {
    ($($name:ident $(($catalog:ident.$oid:ident))?),* $(,)?) => {
        pub static KINDS: &[&Kind] = &[$(&$name::KIND),*];
        pub(super) static READERS: &[Reader] = &[$(Reader {
            kind: &$name::KIND,
            query: $name::query,
            rows: &[$((stringify!($catalog), stringify!($oid)))?],
        }),*];
    };
}

kinds! {
    schema,
    extension,
    language (pg_language.oid),
    access_method (pg_am.oid),
    collation (pg_collation.oid),
    enumeration (pg_enum.oid),
    domain,
    domain_constraint (pg_constraint.oid),
    composite,
    range (pg_range.rngtypid),
    text_search_parser (pg_ts_parser.oid),
    text_search_template (pg_ts_template.oid),
    text_search_dictionary (pg_ts_dict.oid),
    text_search_configuration (pg_ts_config.oid),
    function (pg_proc.oid),
    procedure (pg_proc.oid),
    aggregate (pg_aggregate.aggfnoid),
    operator (pg_operator.oid),
    operator_family (pg_opfamily.oid),
    operator_class (pg_opclass.oid),
    cast (pg_cast.oid),
    conversion (pg_conversion.oid),
    foreign_data_wrapper (pg_foreign_data_wrapper.oid),
    server (pg_foreign_server.oid),
    user_mapping (pg_foreign_server.oid),
    sequence (pg_sequence.seqrelid),
    table,
    partition (pg_inherits.inhrelid),
    inheritance (pg_inherits.inhrelid),
    foreign_table (pg_foreign_table.ftrelid),
    foreign_column (pg_foreign_table.ftrelid),
    foreign_check (pg_foreign_table.ftrelid),
    column,
    default (pg_attrdef.oid),
    constraint (pg_constraint.oid),
    index (pg_index.indexrelid),
    index_attachment (pg_inherits.inhrelid),
    view (pg_rewrite.oid),
    view_default (pg_attrdef.oid),
    materialized_view (pg_rewrite.oid),
    rule (pg_rewrite.oid),
    trigger (pg_trigger.oid),
    partition_trigger (pg_trigger.oid),
    policy (pg_policy.oid),
    statistics (pg_statistic_ext.oid),
    publication (pg_publication.oid),
    publication_table (pg_publication.oid),
    publication_schema (pg_publication.oid),
    event_trigger (pg_event_trigger.oid),
    comment,
    privilege,
    default_privilege (pg_default_acl.oid),
}

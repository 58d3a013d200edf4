//! Which kinds of object the models manage, and which properties of them.

use std::borrow::Cow;

use super::Sources;
use crate::database::Dialect;
use crate::schema::{Catalog, Id, Object};
use crate::words::plural;

/// What is written inside a table or beside it as a part of it: models that manage the table manage these too.
const PARTS: &[(&str, &str)] = &[
    ("column", "tables"),
    ("default", "tables"),
    ("constraint", "tables"),
    ("partition", "tables"),
    ("inheritance", "tables"),
    ("domain constraint", "domains"),
    ("identity", "tables"),
    ("owned by", "sequences"),
    ("foreign column", "foreign tables"),
    ("foreign check", "foreign tables"),
    ("view default", "views"),
    ("partition trigger", "triggers"),
    ("publication table", "publications"),
    ("publication schema", "publications"),
];

/// What every program that prints DDL, and SQLAlchemy's metadata, can say.
const RELATIONAL: &[&str] = &["tables", "indexes", "enums", "sequences", "owned bys", "comments"];

/// What TOML can say.
const TOML: &[&str] = &["tables", "indexes", "enums", "comments"];

/// What is often set up by others than those who write the models: SQL files manage it only where they mention it.
const OPERATIONAL: &[&str] = &[
    "privileges",
    "default privileges",
    "publications",
    "subscriptions",
    "event triggers",
    "extensions",
    "publication tables",
    "publication schemas",
    "servers",
    "foreign data wrappers",
    "user mappings",
    "languages",
    "access methods",
];

/// What gives new objects properties by itself: models that do not manage it take what it gives.
const GRANTING_KINDS: &[&str] = &["default privilege"];

/// What of tables and columns a DBA sets up, or a migration by hand, where the models are no SQL: it stays as it is unless
/// the models say it.
const UNMANAGED_OPTIONS: &[(&str, &[&str])] = &[
    (
        "table",
        &[
            "row_security",
            "row_security_forced",
            "partition_by",
            "replica_identity",
            "access_method",
            "tablespace",
            "options",
            "unlogged",
        ],
    ),
    ("column", &["storage", "compression", "statistics", "options"]),
];

/// Which kinds are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManagedKinds {
    /// For everything (`manage = ["*"]`).
    All,
    /// For these kinds, in the plural, and their parts.
    Kinds {
        kinds: Vec<String>,
        /// Not for what of them others set up beside the models (`UNMANAGED_OPTIONS`).
        in_general: bool,
    },
}

/// Returns what the models manage: what `manage` says, else what their sources can say.
///
/// # Errors
/// A sentence about a name in `manage` that is no kind of object.
pub fn managed_kinds(
    manage: Option<&[String]>,
    sources: Sources,
    declared: &Catalog,
    dialect: &Dialect,
) -> Result<ManagedKinds, String> {
    if let Some(manage) = manage {
        return named(manage);
    }
    let mut kinds: Vec<String> = Vec::new();
    let mut add = |names: &[&str]| kinds.extend(names.iter().map(|name| (*name).to_owned()));
    if sources.sqlalchemy || sources.command {
        add(RELATIONAL);
    }
    if sources.toml {
        add(TOML);
    }
    let sql_alone = sources.sql && !(sources.sqlalchemy || sources.command || sources.toml);
    for kind in dialect.kinds {
        let name = plural(kind.name);
        let mentioned = declared.of_kind(kind.name).next().is_some();
        if mentioned && kind.name != "schema" || sql_alone && !OPERATIONAL.contains(&name.as_str()) {
            kinds.push(name);
        }
    }
    Ok(ManagedKinds::Kinds { kinds, in_general: !sources.sql })
}

fn named(manage: &[String]) -> Result<ManagedKinds, String> {
    if manage.iter().any(|name| name == "*") {
        return Ok(ManagedKinds::All);
    }
    let known: Vec<String> =
        crate::database::DIALECTS.iter().flat_map(|dialect| dialect.kinds).map(|kind| plural(kind.name)).collect();
    for name in manage {
        if !known.contains(name) {
            let mut near: Vec<(f64, &String)> =
                known.iter().map(|known| (strsim::jaro_winkler(known, name), known)).collect();
            near.sort_by(|a, b| b.0.total_cmp(&a.0));
            let meant = near.first().map(|(_, known)| format!("; did you mean `{known}`?")).unwrap_or_default();
            return Err(format!("`{name}` in `manage` under [autogenerate] is not a kind of object{meant}"));
        }
    }
    Ok(ManagedKinds::Kinds { kinds: manage.to_vec(), in_general: false })
}

impl ManagedKinds {
    /// Returns the catalog without what gives new objects something that the models do not manage: nothing is to be
    /// taken away from them again.
    pub fn managed_part_of<'a>(&self, live: &'a Catalog) -> Cow<'a, Catalog> {
        let gives = |object: &&Object| GRANTING_KINDS.contains(&object.id.kind) && !self.for_object(object, live);
        let given: Vec<&Object> = live.objects().filter(gives).collect();
        if given.is_empty() {
            return Cow::Borrowed(live);
        }
        let mut managed_part_of = live.clone();
        given.into_iter().for_each(|object| _ = managed_part_of.remove(&object.id));
        Cow::Owned(managed_part_of)
    }

    /// Does the absence of this property in the models mean that it is to have its default?
    pub fn for_property(&self, kind: &str, property: &str) -> bool {
        let in_general = matches!(self, ManagedKinds::Kinds { in_general: true, .. });
        let beside = |(of, properties): &(&str, &[&str])| *of == kind && properties.contains(&property);
        !in_general || !UNMANAGED_OPTIONS.iter().any(beside)
    }

    /// Is this object compared, so that it may be created, changed and dropped?
    pub fn for_object(&self, object: &Object, catalog: &Catalog) -> bool {
        let ManagedKinds::Kinds { kinds, in_general } = self else { return true };
        if *in_general && !kinds.iter().any(|kind| kind == "partitions") && is_in_a_partition(object, catalog) {
            return false;
        }
        let own = plural(object.id.kind);
        if kinds.contains(&own) {
            return true;
        }
        let part = PARTS.iter().find(|(part, _)| *part == object.id.kind);
        part.is_some_and(|(_, of)| {
            kinds.iter().any(|kind| kind == of)
                || object
                    .parent
                    .as_ref()
                    .and_then(|parent| catalog.get(parent))
                    .is_some_and(|parent| parent.id.kind != object.id.kind && self.for_object(parent, catalog))
        })
    }
}

/// Is it a partition or does it live in one? They are set up beside models that say nothing of partitions.
fn is_in_a_partition(object: &Object, catalog: &Catalog) -> bool {
    match object.parent.as_ref().and_then(|parent| catalog.get(parent)) {
        Some(parent) => is_in_a_partition(parent, catalog),
        None => object.id.kind == "table" && catalog.contains(&Id::new("partition", object.id.path.iter().cloned())),
    }
}

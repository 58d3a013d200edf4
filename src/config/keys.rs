//! The keys of migrate.toml: what is read, checked, suggested, documented and published as JSON Schema is this list.

use serde_json::{Map, Value, json};

/// A `[section]` of migrate.toml.
pub(super) struct Section {
    pub name: &'static str,
    pub about: &'static str,
    pub keys: &'static [Key],
}

pub(super) struct Key {
    pub name: &'static str,
    pub shape: Shape,
    /// What it is when it is not written; none: nothing.
    pub default: &'static [&'static str],
    pub about: &'static str,
}

/// What may stand as the value of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One string.
    Text,
    /// A string, or a list of them.
    Texts,
    /// A program and its arguments: a list of strings.
    Command,
    /// `"5s"`, `"500ms"`, `"1m"`, `"1h"`.
    Duration,
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl Shape {
    /// The shape in words, after "must be".
    pub fn words(self) -> String {
        match self {
            Shape::Text => "a string".to_owned(),
            Shape::Texts => "a string or a list of strings".to_owned(),
            Shape::Command => "a list of strings, a program and its arguments".to_owned(),
            Shape::Duration => "a duration like \"5s\", \"500ms\" or \"1m\"".to_owned(),
            Shape::Choice(choices) => {
                let quoted: Vec<String> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
                format!("one of {}", quoted.join(", "))
            }
        }
    }

    fn json(self) -> Value {
        match self {
            Shape::Text => json!({"type": "string"}),
            Shape::Texts => json!({"oneOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}},
            ]}),
            Shape::Command => json!({"type": "array", "items": {"type": "string"}, "minItems": 1}),
            Shape::Duration => json!({"type": "string", "pattern": "^(0|[0-9]+ ?(ms|s|m|min|h))$|\\$\\{"}),
            Shape::Choice(choices) => json!({"anyOf": [{"enum": choices}, {"type": "string", "pattern": "\\$\\{"}]}),
        }
    }
}

const fn key(name: &'static str, shape: Shape, default: &'static [&'static str], about: &'static str) -> Key {
    Key { name, shape, default, about }
}

/// Every section but `[env.NAME.…]`, which holds the same sections once more.
pub(super) static SECTIONS: &[Section] = &[
    Section {
        name: "migrate",
        about: "The revision files.",
        keys: &[
            key("revisions", Shape::Texts, &["migrations"], "Folders of revision files; the first takes new ones."),
            key("template", Shape::Text, &[], "The MiniJinja template of new revision files."),
            key(
                "file_name",
                Shape::Text,
                &["{{date}}_{{id}}_{{slug}}"],
                "The MiniJinja template of new revision files' names, without .sql.",
            ),
        ],
    },
    Section {
        name: "models",
        about: "Where the declared schema comes from: one source, or several.",
        keys: &[
            key("paths", Shape::Texts, &[], "*.toml and *.sql files, or folders of them."),
            key(
                "sqlalchemy",
                Shape::Texts,
                &[],
                "SQLAlchemy metadata or declarative bases: module:attribute, loaded by the project's own Python.",
            ),
            key(
                "python",
                Shape::Text,
                &[],
                "The Python that loads them; default: the project's virtual environment, else python3.",
            ),
            key("command", Shape::Command, &[], "A program that prints DDL, and its arguments."),
        ],
    },
    Section {
        name: "database",
        about: "The database that the revisions run on.",
        keys: &[
            key("url", Shape::Text, &[], "postgresql://user:password@host:port/name or sqlite://file.db."),
            key(
                "schemas",
                Shape::Texts,
                &["public"],
                "PostgreSQL's schemas that are compared; [\"*\"] for every one that is not the system's.",
            ),
            key(
                "version_table",
                Shape::Text,
                &[super::DEFAULT_VERSION_TABLE],
                "The table that records which revisions are applied: name, or schema.name.",
            ),
            key(
                "alembic_version_table",
                Shape::Text,
                &[],
                "Alembic's table, kept in step with every upgrade, downgrade and stamp while a team moves over.",
            ),
            key(
                "shadow_url",
                Shape::Text,
                &[],
                "An empty database to try things in; default: a temporary one on the same server, SQLite: in memory.",
            ),
            key(
                "trust",
                Shape::Texts,
                &[],
                "PostgreSQL's roles whose functions and views may run in a shadow with your rights; [\"*\"] for all.",
            ),
        ],
    },
    Section {
        name: "autogenerate",
        about: "What is compared.",
        keys: &[
            key(
                "ignore",
                Shape::Texts,
                &[],
                "Names that are never compared and never dropped; * matches any characters.",
            ),
            key(
                "manage",
                Shape::Texts,
                &[],
                "The kinds that the models manage, in the plural; [\"*\"] for all; default: what the source can express.",
            ),
            key(
                "shadow",
                Shape::Choice(&["auto", "full"]),
                &["auto"],
                "What is loaded into a shadow: what may differ, or everything, each time.",
            ),
        ],
    },
    Section {
        name: "run",
        about: "How revisions are run.",
        keys: &[
            key(
                "transaction",
                Shape::Choice(&["per-revision", "all", "none"]),
                &["per-revision"],
                "What is one transaction: each revision, the whole run, or each statement on its own.",
            ),
            key(
                "lock_timeout",
                Shape::Duration,
                &["5s"],
                "How long a statement waits for a table lock before it is tried again (PostgreSQL).",
            ),
            key(
                "concurrent_wait",
                Shape::Duration,
                &["30m"],
                "How long a concurrent statement waits for older transactions (PostgreSQL); 0 for no limit.",
            ),
            key("lock_wait", Shape::Duration, &["60s"], "How long to wait for another run of migrate."),
        ],
    },
];

/// Returns the JSON Schema of migrate.toml, for editors: docs/migrate.schema.json.
pub fn json_schema() -> Value {
    let mut sections: Map<String, Value> =
        SECTIONS.iter().map(|section| (section.name.to_owned(), section_schema(section))).collect();
    let laid_over = sections
        .iter()
        .map(|(name, _)| (name.clone(), json!({"$ref": format!("#/properties/{name}")})))
        .collect::<Map<_, _>>();
    sections.insert(
        "env".to_owned(),
        json!({
            "type": "object",
            "description": "Environments: with `migrate -e NAME`, settings in [env.NAME] override the others.",
            "additionalProperties": {"type": "object", "properties": laid_over, "additionalProperties": false},
        }),
    );
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "migrate.toml",
        "description": "The project file of migrate. Every string may hold ${VARIABLE} and ${VARIABLE:-default}.",
        "type": "object",
        "properties": sections,
        "additionalProperties": false,
    })
}

fn section_schema(section: &Section) -> Value {
    let keys: Map<String, Value> = section
        .keys
        .iter()
        .map(|key| {
            let mut schema = key.shape.json();
            schema["description"] = json!(key.about);
            match (key.shape, key.default) {
                (_, []) => {}
                (Shape::Texts | Shape::Command, values) => schema["default"] = json!(values),
                (_, [value, ..]) => schema["default"] = json!(value),
            }
            (key.name.to_owned(), schema)
        })
        .collect();
    json!({"type": "object", "description": section.about, "properties": keys, "additionalProperties": false})
}

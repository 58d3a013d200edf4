//! Loading only what may differ finds what loading everything finds.

use migrate::autogenerate::{Comparison, compare, compare_whole};
use migrate::config::{self, Config};
use migrate::database::{self, Purpose};
use migrate::models;

use crate::support::{Project, postgres, sqlite};

/// Tables of the usual kinds, which refer to each other, with a view and a function over some of them.
const SCHEMA: &str = "
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE teams (id integer PRIMARY KEY, name varchar(50) NOT NULL UNIQUE, slogan text DEFAULT 'none');
CREATE TABLE people (
    id bigint PRIMARY KEY,
    team_id integer NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    email varchar(255) NOT NULL,
    mood mood DEFAULT 'ok',
    score numeric(10, 2) DEFAULT 0 CHECK (score >= 0),
    role varchar(20) DEFAULT 'user' NOT NULL CHECK (role IN ('user', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX ix_people_email ON people (lower(email));
CREATE INDEX ix_people_team ON people (team_id, created_at DESC) WHERE role = 'user';
CREATE TABLE badges (person_id bigint REFERENCES people (id), name text NOT NULL, PRIMARY KEY (person_id, name));
CREATE TABLE notes (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), body text, tags text[] DEFAULT '{}', data jsonb);
CREATE INDEX ix_notes_tags ON notes USING gin (tags);
CREATE TABLE settings (key text PRIMARY KEY, value text NOT NULL DEFAULT '', CONSTRAINT short CHECK (length(value) < 100));
CREATE VIEW admins AS SELECT id, email FROM people WHERE role = 'admin';
CREATE FUNCTION team_size(team integer) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM people WHERE team_id = team';
";

/// What is written differently in the models.
const CHANGES: [(&str, &str); 22] = [
    ("", ""),
    ("slogan text DEFAULT 'none'", "slogan text"),
    ("slogan text DEFAULT 'none'", "slogan text DEFAULT 'go', colour text"),
    ("id integer PRIMARY KEY, name", "id bigint PRIMARY KEY, name"),
    ("NOT NULL UNIQUE", "NOT NULL"),
    ("ON DELETE CASCADE", ""),
    ("'sad', 'ok'", "'sad', 'ok', 'glad'"),
    ("score >= 0", "score > 0"),
    ("numeric(10, 2)", "numeric(12, 2)"),
    ("'user', 'admin')", "'user', 'admin', 'guest')"),
    ("lower(email)", "email"),
    ("CREATE UNIQUE INDEX", "CREATE INDEX"),
    ("created_at DESC", "created_at"),
    ("WHERE role = 'user'", "WHERE role = 'admin'"),
    ("PRIMARY KEY (person_id, name)", "PRIMARY KEY (name, person_id)"),
    ("tags text[] DEFAULT '{}'", "tags text[]"),
    ("USING gin (tags)", "(tags)"),
    ("length(value) < 100", "length(value) < 200"),
    ("SELECT id, email FROM people", "SELECT id, email, role FROM people"),
    ("CREATE TABLE settings", "CREATE UNLOGGED TABLE settings"),
    ("CREATE VIEW admins", "ALTER TABLE settings ENABLE ROW LEVEL SECURITY; CREATE VIEW admins"),
    (
        "CREATE TABLE notes (id uuid",
        "CREATE TABLE extras (id uuid REFERENCES notes); CREATE TABLE notes (n integer, id uuid",
    ),
];

fn config(project: &Project) -> Config {
    config::load(&config::Options { file: Some(project.folder().to_owned()), ..Default::default() }).expect("settings")
}

fn both_ways(config: &Config) -> [Comparison; 2] {
    let url = config.database.url().expect("a URL");
    let mut database = database::connect(url, &config.root, &Purpose::reading("tests")).expect("a connection");
    let declared = models::read(&config.models, database.dialect(), url, &config.root).expect("models");
    let sliced = compare(database.as_mut(), &declared, config, &[], None).expect("a comparison by slices");
    [sliced, compare_whole(database.as_mut(), &declared, config).expect("a plain comparison")]
}

/// The same for SQLite.
const SQLITE_SCHEMA: &str = "
CREATE TABLE teams (id integer PRIMARY KEY, name varchar(50) NOT NULL UNIQUE, slogan text DEFAULT 'none');
CREATE TABLE people (
    id integer PRIMARY KEY AUTOINCREMENT,
    team_id integer NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    email text NOT NULL COLLATE NOCASE,
    role text DEFAULT 'user' NOT NULL CHECK (role IN ('user', 'admin'))
);
CREATE UNIQUE INDEX ix_people_email ON people (lower(email));
CREATE TRIGGER people_role AFTER UPDATE OF role ON people BEGIN UPDATE teams SET slogan = 'new' WHERE id = new.team_id; END;
CREATE TABLE badges (person_id integer REFERENCES people (id), name text NOT NULL, PRIMARY KEY (person_id, name)) WITHOUT ROWID;
CREATE TABLE settings (key text PRIMARY KEY, value any NOT NULL DEFAULT '') STRICT;
CREATE VIEW admins AS SELECT id, email FROM people WHERE role = 'admin';
";

const SQLITE_CHANGES: [(&str, &str); 11] = [
    ("", ""),
    ("DEFAULT 'none'", "DEFAULT 'some'"),
    ("slogan text DEFAULT 'none'", "slogan text DEFAULT 'none', colour text"),
    ("NOT NULL UNIQUE", "NOT NULL"),
    ("ON DELETE CASCADE", ""),
    ("COLLATE NOCASE", ""),
    ("AUTOINCREMENT", ""),
    ("lower(email)", "email"),
    ("slogan = 'new'", "slogan = 'old'"),
    ("WITHOUT ROWID", ""),
    ("SELECT id, email FROM people", "SELECT id, email, role FROM people"),
];

#[test]
fn only_what_may_differ_is_loaded_on_sqlite_too() {
    let project = Project::sqlite();
    sqlite::execute(&project.path("app.db"), SQLITE_SCHEMA);
    let mut spared = 0;
    for (written, instead) in SQLITE_CHANGES {
        spared += compared(&project, SQLITE_SCHEMA, written, instead);
    }
    assert!(spared > 2 * SQLITE_CHANGES.len(), "{spared} tables in all were proved equal");
}

/// Compares both ways the schema with what is written differently in the models; returns how many tables were spared.
fn compared(project: &Project, schema: &str, written: &str, instead: &str) -> usize {
    assert!(schema.contains(written), "{written} is not in the schema");
    project.write("models/schema.sql", &schema.replacen(written, instead, 1));
    let [sliced, plain] = both_ways(&config(project));
    assert_eq!(sliced.lines(), plain.lines(), "{written} → {instead}");
    assert_eq!(sliced.is_empty(), written == instead, "{written} → {instead}: {:?}", sliced.lines());
    let texts = |comparison: &Comparison| {
        let both = [&comparison.upgrade, &comparison.downgrade];
        both.map(|plan| plan.statements().into_iter().map(|statement| statement.text).collect::<Vec<_>>())
    };
    assert_eq!(texts(&sliced), texts(&plain), "{written} → {instead}");
    sliced.spared()
}

#[test]
fn only_what_may_differ_is_loaded_and_the_answer_is_the_same() {
    let Some(database) = postgres::database() else { return };
    database.execute(SCHEMA);
    let project = Project::postgres(&database);
    let mut spared = 0;
    for (written, instead) in CHANGES {
        spared += compared(&project, SCHEMA, written, instead);
    }
    assert!(spared > 3 * CHANGES.len(), "{spared} tables in all were proved equal");
}

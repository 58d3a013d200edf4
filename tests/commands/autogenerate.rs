//! `migrate revision --autogenerate`, `--baseline`, `--conditional` and `check`.

use insta::assert_snapshot;

use crate::support::site::{Site, on_both};
use crate::support::{Outcome, judge, postgres, sqlite};

const USERS: &str = "CREATE TABLE users (id int PRIMARY KEY, name text);";

/// The text of the newest file that `revision` named.
fn written(site: &Site, outcome: &Outcome) -> String {
    site.project.read(outcome.stdout.trim())
}

fn generate(site: &Site, models: &str, more: &str) -> Outcome {
    site.project.write("models/schema.sql", models);
    site.project.migrate(&format!("revision --autogenerate -m step {more}"))
}

#[test]
fn models_become_a_revision_and_the_database() {
    on_both(|site| {
        generate(site, USERS, "").ok();
        site.project.migrate("upgrade head").ok();
        assert!(site.has_table("users"));
        site.project.migrate("check").ok();
        let again = site.project.migrate("revision --autogenerate -m again").ok();
        assert!(again.stderr.contains("nothing to do"), "{}", again.shown());
        assert_eq!(site.project.files("migrations").len(), 1);
        site.project.migrate("downgrade base --yes").ok();
        assert!(!site.has_table("users"));
    });
}

#[test]
fn an_empty_file_is_written_when_asked_for() {
    on_both(|site| {
        site.project.write("models/schema.sql", USERS);
        site.execute(USERS);
        let outcome = site.project.migrate("revision --autogenerate --empty -m nothing").ok();
        assert!(written(site, &outcome).contains("-- migrate:upgrade"), "{}", outcome.shown());
    });
}

#[test]
fn pending_revisions_come_first() {
    on_both(|site| {
        site.project.revision("r1", "", USERS, "DROP TABLE users;");
        let outcome = generate(site, USERS, "").exits(1);
        assert!(outcome.stderr.contains("r1 has not been applied"), "{}", outcome.shown());
        assert!(outcome.stderr.contains("migrate upgrade head"), "{}", outcome.shown());
        assert_eq!(site.project.files("migrations").len(), 1);
    });
}

#[test]
fn what_destroys_data_is_said_in_the_file_and_on_the_terminal() {
    on_both(|site| {
        site.execute("CREATE TABLE users (id int PRIMARY KEY, name text);");
        let outcome = generate(site, "CREATE TABLE users (id int PRIMARY KEY);", "").ok();
        assert!(outcome.stderr.contains("warning: destroys data: column"), "{}", outcome.shown());
        assert!(written(site, &outcome).contains("-- destroys data: column"), "{}", written(site, &outcome));
    });
}

#[test]
fn a_rename_that_is_asked_for_keeps_the_rows() {
    on_both(|site| {
        site.execute(USERS);
        site.execute("INSERT INTO users VALUES (1, 'ann')");
        let models = "CREATE TABLE people (id int PRIMARY KEY, full_name text);";
        let outcome = generate(site, models, "--rename users=people --rename users.name=people.full_name");
        outcome.ok();
        site.project.migrate("upgrade head").ok();
        assert_eq!(site.lines("SELECT full_name FROM people"), ["ann"]);
        site.project.migrate("check").ok();
        site.project.migrate("downgrade base --yes").ok();
        assert_eq!(site.lines("SELECT name FROM users"), ["ann"]);
    });
}

#[test]
fn a_rename_that_the_models_declare_keeps_the_rows() {
    for (file, models) in [
        (
            "models/schema.sql",
            "-- migrate:renamed-from users\nCREATE TABLE people (\n  id int PRIMARY KEY,\n  \
             full_name text -- migrate:renamed-from name\n);",
        ),
        (
            "models/schema.toml",
            "[table.people]\nrenamed_from = \"users\"\n[table.people.column]\nid = { type = \"int\", primary_key = true }\n\
             full_name = { type = \"text\", nullable = true, renamed_from = \"name\" }\n",
        ),
    ] {
        on_both(|site| {
            site.execute("CREATE TABLE users (id integer NOT NULL PRIMARY KEY, name text);");
            site.execute("INSERT INTO users VALUES (1, 'ann')");
            site.project.write(file, models);
            site.project.migrate("revision --autogenerate -m step").ok();
            site.project.migrate("upgrade head").ok();
            assert_eq!(site.lines("SELECT full_name FROM people"), ["ann"]);
            // Once done, the declaration says nothing any more.
            let again = site.project.migrate("revision --autogenerate -m again").ok();
            assert!(again.stderr.contains("nothing to do"), "{}", again.shown());
        });
    }
}

#[test]
fn a_rename_is_never_guessed() {
    on_both(|site| {
        site.execute(USERS);
        let outcome = generate(site, "CREATE TABLE users (id int PRIMARY KEY, full_name text);", "").ok();
        assert!(outcome.stderr.contains("drop column"), "{}", outcome.shown());
    });
}

#[test]
fn what_looks_like_a_rename_is_hinted_at_whatever_hangs_on_the_column() {
    on_both(|site| {
        site.execute("CREATE TABLE users (id int PRIMARY KEY, born text NOT NULL DEFAULT 'once')");
        site.project.write(
            "models/schema.sql",
            "CREATE TABLE users (id int PRIMARY KEY, birthday text NOT NULL DEFAULT 'once');",
        );
        let outcome = site.project.migrate("check").exits(1);
        assert!(outcome.stderr.contains("--rename "), "{}", outcome.shown());
        assert!(outcome.stderr.contains("users.born="), "{}", outcome.shown());
    });
}

#[test]
fn a_rename_that_means_nothing_is_refused() {
    on_both(|site| {
        site.execute(USERS);
        let outcome = generate(site, USERS, "--rename users.nme=users.full_name").exits(1);
        assert!(outcome.stderr.contains("the database has no users.nme"), "{}", outcome.shown());
        assert!(site.project.files("migrations").is_empty());
    });
}

#[test]
fn a_mistake_in_the_models_is_shown_at_its_line() {
    on_both(|site| {
        let outcome = generate(site, "CREATE TABLE a (n int);\n\nCREATE TABLE b (\n  n int,,\n);", "").exits(1);
        assert!(outcome.stderr.contains("models/schema.sql:4:9"), "{}", outcome.shown());
        assert!(site.project.files("migrations").is_empty());
    });
}

#[test]
fn a_mistake_in_a_toml_model_is_shown_at_its_line() {
    on_both(|site| {
        let toml = "[table.a.column]\nid = \"int\"\nn = { type = \"int\", check = \"nosuch(n)\" }\n";
        site.project.write("models/schema.toml", toml);
        let outcome = site.project.migrate("check").exits(1);
        assert!(outcome.stderr.contains("models/schema.toml:"), "{}", outcome.shown());
        site.project.write("models/schema.toml", "[table.a.colum]\nid = \"int\"\n");
        let outcome = site.project.migrate("check").exits(1);
        assert!(outcome.stderr.contains("models/schema.toml:1:10"), "{}", outcome.shown());
        assert!(outcome.stderr.contains("did you mean `column`?"), "{}", outcome.shown());
    });
}

#[test]
fn what_is_ignored_is_neither_dropped_nor_created() {
    on_both(|site| {
        site.project.write(
            "migrate.toml",
            &format!("{}[autogenerate]\nignore = [\"legacy_*\"]\n", site.project.read("migrate.toml")),
        );
        site.execute("CREATE TABLE legacy_a (n int);");
        let outcome = generate(site, "CREATE TABLE legacy_b (n int);", "").ok();
        assert!(outcome.stderr.contains("nothing to do"), "{}", outcome.shown());
        assert!(outcome.stderr.contains("left alone: 1 table"), "{}", outcome.shown());
    });
}

#[test]
fn toml_models_leave_triggers_and_views_alone() {
    on_both(|site| {
        let table = "CREATE TABLE a (id integer NOT NULL PRIMARY KEY);";
        site.execute(table);
        site.execute("CREATE VIEW v AS SELECT id FROM a;");
        site.project.write("models/schema.toml", "[table.a.column]\nid = { type = \"int\", primary_key = true }\n");
        let outcome = site.project.migrate("check").ok();
        assert!(outcome.stderr.contains("left alone: 1 view"), "{}", outcome.shown());
    });
}

#[test]
fn a_baseline_makes_the_database_again() {
    on_both(|site| {
        site.execute("CREATE TABLE a (id int PRIMARY KEY, n int DEFAULT 3 CHECK (n > 0));");
        site.execute("CREATE INDEX a_n ON a (n) WHERE n > 1;");
        site.execute("CREATE VIEW v AS SELECT n FROM a;");
        site.project.migrate("revision --baseline -m baseline").ok();
        site.project.migrate("stamp head --verify").ok();
        let twin = site.twin();
        twin.project.migrate("upgrade head").ok();
        assert_eq!(judge::difference(&site.schema(), &twin.schema()), "");
        let second = site.project.migrate("revision --baseline -m again").exits(1);
        assert!(second.stderr.contains("first revision"), "{}", second.shown());
    });
}

#[test]
fn a_conditional_revision_runs_where_half_of_it_is_there() {
    on_both(|site| {
        let models =
            "CREATE TABLE a (id int PRIMARY KEY);\nCREATE TABLE b (id int PRIMARY KEY);\nCREATE INDEX b_id ON b (id);";
        let outcome = generate(site, models, "--conditional").ok();
        let file = written(site, &outcome);
        let index = if site.is_postgres() { "public.b_id" } else { "b_id" };
        assert!(file.contains("-- migrate:unless table"), "{file}");
        assert!(file.contains(&format!("-- migrate:unless index {index}\n")), "{file}");
        site.execute("CREATE TABLE a (id int PRIMARY KEY);");
        site.project.migrate("upgrade head").ok();
        site.project.migrate("check").ok();
        site.project.migrate("downgrade base --yes").ok();
        assert!(!site.has_table("a") && !site.has_table("b"));
    });
}

#[test]
fn check_says_what_differs() {
    on_both(|site| {
        site.execute(USERS);
        site.project.write("models/schema.sql", "CREATE TABLE users (id int PRIMARY KEY, name text, email text);");
        let outcome = site.project.migrate("check").exits(1);
        assert!(outcome.stdout.starts_with("create column "), "{}", outcome.shown());
        let json = site.project.migrate("check --json").exits(1).json();
        assert_eq!(json["agree"], false);
        assert_eq!(json["differences"][0]["action"], "create");
        site.execute("ALTER TABLE users ADD COLUMN email text");
        assert_eq!(site.project.migrate("check --json").ok().json()["agree"], true);
    });
}

#[test]
fn a_second_check_makes_no_shadow() {
    let Some(site) = Site::postgres() else { return };
    site.execute(USERS);
    site.project.write("models/schema.sql", &format!("{USERS}\nCREATE VIEW v AS SELECT id FROM users;"));
    let log = |site: &Site| {
        let mut command = site.project.command(["check"]);
        command.env("MIGRATE_LOG", "migrate=debug");
        String::from_utf8_lossy(&command.output().expect("the binary can be started").stderr).into_owned()
    };
    assert!(!log(&site).contains("the shadow's answer is remembered"));
    assert!(log(&site).contains("the shadow's answer is remembered"));
    site.project.write("models/schema.sql", &format!("{USERS}\nCREATE VIEW v AS SELECT name FROM users;"));
    assert!(!log(&site).contains("the shadow's answer is remembered"));
}

#[test]
fn a_project_on_both_databases_gets_a_section_for_each() {
    let Some(database) = postgres::database() else { return };
    let site = Site::sqlite();
    let settings = format!("{}[env.live.database]\nurl = \"{}\"\n", site.project.read("migrate.toml"), database.url());
    site.project.write("migrate.toml", &settings);
    site.project.write(
        "models/schema.toml",
        "[table.a.column]\nid = { type = \"uuid\", primary_key = true, default = \"gen_random_uuid()\" }\n\
         tags = { type = \"text[]\", default = \"'{}'\" }\nkind = \"kind\"\n[enum]\nkind = [\"x\", \"y\"]\n",
    );
    let outcome = site.project.migrate("revision --autogenerate -m first").ok();
    let text = written(&site, &outcome);
    for section in ["upgrade sqlite", "upgrade postgresql", "downgrade sqlite", "downgrade postgresql"] {
        assert!(text.contains(&format!("-- migrate:{section}\n")), "{text}");
    }
    for environment in ["", "-e live "] {
        site.project.migrate(&format!("{environment}upgrade head")).ok();
        site.project.migrate(&format!("{environment}check")).ok();
    }
    // From now on the files say which databases there are.
    let models = site.project.read("models/schema.toml").replace("kind = \"kind\"", "kind = \"kind\"\nn = \"int\"");
    site.project.write("models/schema.toml", &models);
    let outcome = site.project.migrate("revision --autogenerate -m second").ok();
    assert!(written(&site, &outcome).contains("-- migrate:upgrade postgresql\n"), "{}", written(&site, &outcome));
    site.project.migrate("-e live upgrade head").ok();
    site.project.migrate("-e live check").ok();
}

#[test]
fn a_server_that_is_not_at_hand_is_named() {
    let site = Site::sqlite();
    let nowhere = "[env.live.database]\nurl = \"postgresql://nobody@127.0.0.1:1/x\"\n";
    site.project.write("migrate.toml", &format!("{}{nowhere}", site.project.read("migrate.toml")));
    let outcome = generate(&site, USERS, "").exits(1);
    assert!(outcome.stderr.contains("[env.live.database]"), "{}", outcome.shown());
    assert!(outcome.stderr.contains("--dialect sqlite"), "{}", outcome.shown());
    assert!(site.project.files("migrations").is_empty());
    let outcome = site.project.migrate("revision --autogenerate -m step --dialect sqlite").ok();
    assert!(written(&site, &outcome).contains("-- migrate:upgrade sqlite\n"));
}

#[test]
fn models_may_come_from_a_program() {
    on_both(|site| {
        let settings = site.project.read("migrate.toml");
        let command = "command = [\"sh\", \"-c\", \"echo 'CREATE TABLE from_sh (n int);'\"]";
        site.project.write("migrate.toml", &settings.replace("paths = [\"models\"]", command));
        site.project.migrate("revision --autogenerate -m step").ok();
        site.project.migrate("upgrade head").ok();
        site.project.migrate("check").ok();
        assert!(site.has_table("from_sh"));
        let failing = "command = [\"sh\", \"-c\", \"echo it broke >&2; exit 3\"]";
        site.project.write("migrate.toml", &settings.replace("paths = [\"models\"]", failing));
        let outcome = site.project.migrate("check").exits(1);
        assert!(outcome.stderr.contains("it broke"), "{}", outcome.shown());
    });
}

#[test]
fn statements_of_a_revision_are_readable() {
    let site = Site::sqlite();
    site.project.write(
        "models/schema.toml",
        "[table.users.column]\nid = { type = \"bigint\", primary_key = true }\nemail = { type = \"varchar(255)\", unique = true }\n\
         [table.users.index]\nix_users_email = { on = [\"lower(email)\"] }\n",
    );
    let outcome = site.project.migrate("revision --autogenerate --rev-id a1b2c3 -m users").ok();
    assert_snapshot!(written(&site, &outcome), @r"
    -- revision: a1b2c3
    -- created: 2026-11-21T10:00:00Z
    -- message: users

    -- migrate:upgrade
    CREATE TABLE users (
        id integer NOT NULL PRIMARY KEY,
        email varchar(255) NOT NULL UNIQUE
    );

    CREATE INDEX ix_users_email ON users (lower(email));

    -- migrate:downgrade
    -- destroys data: table users is dropped
    DROP TABLE users;
    ");
}

#[test]
fn a_stamp_is_verified() {
    on_both(|site| {
        site.project.revision("r1", "", USERS, "DROP TABLE users;");
        site.execute("CREATE TABLE users (id int PRIMARY KEY);");
        let outcome = site.project.migrate("stamp head --verify").exits(1);
        assert!(outcome.stderr.contains("drop column"), "{}", outcome.shown());
        site.execute("ALTER TABLE users ADD COLUMN name text");
        site.project.migrate("stamp head --verify").ok();
        assert_eq!(site.applied(), ["r1 stamped"]);
    });
}

#[test]
fn any_two_schemas_are_compared() {
    on_both(|site| {
        site.project.revision("r1", "", USERS, "DROP TABLE users;");
        site.project.write("models/schema.sql", USERS);
        let other = site.twin();
        other.execute("CREATE TABLE users (id int PRIMARY KEY);");
        site.execute(USERS);
        let url = match site.is_postgres() {
            true => other.database().url(),
            false => format!("sqlite:///{}", other.project.path("app.db").display()),
        };
        for (one, two) in [("live", "models"), ("revisions", "live"), ("models", "revisions@r1")] {
            site.project.migrate(&format!("diff {one} {two}")).ok();
        }
        let outcome = site.project.migrate(&format!("diff {url} models")).exits(1);
        assert!(outcome.stdout.starts_with("create column "), "{}", outcome.shown());
        let script = site.project.migrate(&format!("diff {url} models --sql")).exits(1);
        other.execute(&script.stdout);
        site.project.migrate(&format!("diff {url} live")).ok();
        let json = site.project.migrate("inspect --format json").ok();
        site.project.write("before.json", &json.stdout);
        site.project.migrate("diff before.json live").ok();
        let outcome = site.project.migrate("diff nonsense live").exits(2);
        assert!(outcome.stderr.contains("live, models, revisions"), "{}", outcome.shown());
    });
}

#[test]
fn what_inspect_prints_are_models_of_the_database() {
    on_both(|site| {
        site.execute(
            "CREATE TABLE p (a int NOT NULL, b varchar(20) NOT NULL DEFAULT 'x', PRIMARY KEY (a, b), UNIQUE (b));\n\
             CREATE TABLE c (id int NOT NULL PRIMARY KEY, a int, b varchar(20), n numeric(10, 2) CHECK (n > 0),\n  \
             CONSTRAINT to_p FOREIGN KEY (a, b) REFERENCES p (a, b) ON DELETE CASCADE);\n\
             CREATE UNIQUE INDEX c_lower ON c (lower(b)) WHERE a IS NOT NULL;\n\
             CREATE VIEW v AS SELECT id FROM c;",
        );
        let sql = site.project.migrate("inspect").ok();
        site.project.write("models/schema.sql", &sql.stdout);
        site.project.migrate("check").ok();
        site.project.remove("models/schema.sql");
        let toml = site.project.migrate("inspect --format toml").ok();
        site.project.write("models/schema.toml", &toml.stdout);
        site.project.migrate("check").ok();
        assert!(toml.stdout.contains("[table.c.column]"), "{}", toml.shown());
        assert!(toml.stderr.contains("CREATE VIEW"), "{}", toml.shown());
    });
}

#[test]
fn a_project_begins_with_the_database_that_is_there() {
    let site = Site::sqlite();
    let path = site.project.path("there.db");
    sqlite::execute(&path, "CREATE TABLE t (id integer PRIMARY KEY, n text); CREATE VIEW v AS SELECT n FROM t;");
    site.project.run(["init", "new", "--from-database", &format!("sqlite:///{}", path.display())]).ok();
    assert_eq!(site.project.files("new/models"), ["schema.sql", "schema.toml"]);
    let inside = site.project.path("new");
    site.project.run_in(&inside, ["check"]).ok();
}

#[test]
fn a_table_that_toml_does_not_build_is_in_sql_and_the_others_in_toml() {
    let Some(site) = Site::postgres() else { return };
    site.execute(
        "CREATE TABLE a (id serial PRIMARY KEY); ALTER TABLE a RENAME TO b; CREATE TABLE c (id int PRIMARY KEY, b int REFERENCES b);         CREATE SCHEMA s; CREATE TABLE s.d (id int PRIMARY KEY); CREATE TABLE \"../e\" (id int PRIMARY KEY)",
    );
    site.execute(
        "CREATE TABLE sd (id int, v tsvector) PARTITION BY HASH (id);         CREATE TABLE sd0 PARTITION OF sd FOR VALUES WITH (MODULUS 1, REMAINDER 0); CREATE INDEX ix ON ONLY sd USING gin (v);         CREATE INDEX sd0_v_idx ON sd0 USING gin (v) WITH (fastupdate = false); ALTER INDEX ix ATTACH PARTITION sd0_v_idx",
    );
    for (layout, wanted) in [
        ("one", &["schema.sql", "schema.toml"][..]),
        ("table", &["___e.toml", "b.sql", "c.sql", "c.toml", "s", "schema.sql"]),
        ("schema", &["public", "s", "schema.sql"]),
    ] {
        let outcome =
            site.project.run(["init", layout, "--layout", layout, "--from-database", &site.database().url()]).ok();
        assert!(outcome.stderr.contains("table public.b is written in SQL"), "{}", outcome.shown());
        assert_eq!(site.project.files(&format!("{layout}/models")), wanted);
        let inside = site.project.path(layout);
        site.project.run_in(&inside, ["check", "--shadow", "full"]).ok();
        site.project.run_in(&inside, ["check"]).ok();
    }
    assert!(site.project.read("one/models/schema.toml").contains("[table.c]"));
}

#[test]
fn what_others_set_up_stays_where_the_models_are_no_sql() {
    let Some(site) = Site::postgres() else { return };
    site.execute("CREATE TABLE a (id int PRIMARY KEY); ALTER TABLE a ENABLE ROW LEVEL SECURITY; ALTER TABLE a SET (fillfactor = 70);");
    site.execute("GRANT SELECT ON a TO public;");
    site.project.write("models/schema.toml", "[table.a.column]\nid = { type = \"int\", primary_key = true }\n");
    site.project.migrate("check").ok();
    site.project.remove("models/schema.toml");
    site.project.write("models/schema.sql", "CREATE TABLE a (id int PRIMARY KEY);");
    let outcome = site.project.migrate("check").exits(1);
    assert!(outcome.stdout.contains("drop row security"), "{}", outcome.shown());
    assert!(outcome.stderr.contains("left alone: 1 privilege"), "{}", outcome.shown());
}

#[test]
fn what_lives_in_no_schema_is_not_taken_from_others() {
    let Some(site) = Site::postgres() else { return };
    site.execute(
        "CREATE SCHEMA theirs; CREATE TABLE theirs.t (id int); CREATE TYPE theirs.pair AS (a int, b int); \
         CREATE FUNCTION theirs.text(theirs.pair) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1.a::text'; \
         CREATE CAST (theirs.pair AS text) WITH FUNCTION theirs.text(theirs.pair) AS ASSIGNMENT; \
         CREATE FUNCTION theirs.ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; \
         CREATE EVENT TRIGGER theirs ON sql_drop EXECUTE FUNCTION theirs.ddl(); CREATE PUBLICATION theirs FOR TABLE theirs.t; \
         ALTER DEFAULT PRIVILEGES IN SCHEMA theirs GRANT SELECT ON TABLES TO public; \
         CREATE FOREIGN DATA WRAPPER theirs; CREATE SERVER theirs FOREIGN DATA WRAPPER theirs",
    );
    let ours = "CREATE TABLE a (id int PRIMARY KEY); CREATE TYPE pair AS (a int, b int);\n\
         CREATE FUNCTION text(pair) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1.a::text';\n\
         CREATE CAST (pair AS text) WITH FUNCTION text(pair) AS ASSIGNMENT;\n\
         CREATE FUNCTION ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';\n\
         CREATE EVENT TRIGGER ours ON sql_drop EXECUTE FUNCTION ddl();\nCREATE PUBLICATION ours FOR TABLE a;\n";
    site.execute(ours);
    site.project.write("models/schema.sql", ours);
    site.project.migrate("check").ok();
    // TOML has no word for any of them, and takes none away, in whatever schema it is.
    site.project.remove("models/schema.sql");
    site.project.write("models/schema.toml", "[table.a.column]\nid = { type = \"int\", primary_key = true }\n");
    site.project.migrate("check").ok();
    let settings = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &format!("{settings}schemas = [\"*\"]\n"));
    let outcome = site.project.migrate("check").exits(1);
    assert_eq!(outcome.stdout, "drop table theirs.t\n");
}

#[test]
fn what_is_not_read_is_said() {
    let Some(site) = Site::postgres() else { return };
    site.project.write("models/schema.sql", "CREATE SCHEMA app;\nCREATE TABLE app.a (id int);");
    for command in ["check", "revision --autogenerate"] {
        let outcome = site.project.migrate(command).exits(1);
        assert!(outcome.stderr.contains("the models declare the schema app"), "{}", outcome.shown());
        assert!(outcome.stderr.contains("schemas = [\"public\", \"app\"]"), "{}", outcome.shown());
    }
}

#[test]
fn a_schema_is_drawn() {
    let site = Site::sqlite();
    site.execute(
        "CREATE TABLE teams (id integer NOT NULL PRIMARY KEY, name varchar(20) NOT NULL UNIQUE);\n\
         CREATE TABLE users (id integer NOT NULL PRIMARY KEY, team_id integer REFERENCES teams (id), \
         boss_id integer NOT NULL REFERENCES users (id), paid numeric(10, 2));",
    );
    assert_snapshot!(site.project.migrate("inspect --format mermaid").ok().stdout, @r#"
    erDiagram
        teams {
            integer id PK
            varchar(20) name UK
        }
        users {
            integer id PK
            integer team_id FK
            integer boss_id FK
            numeric(10_2) paid
        }
        users }o--o| teams : "team_id"
        users }o--|| users : "boss_id"
    "#);
}

#[test]
fn sqlalchemy_models_become_a_revision() {
    let Some(python) = crate::support::python::python() else { return };
    on_both(|site| {
        let settings = site.project.read("migrate.toml");
        let source = format!("sqlalchemy = \"app.models:Base\"\npython = \"{}\"", python.display());
        site.project.write("migrate.toml", &settings.replace("paths = [\"models\"]", &source));
        site.project.write("app/__init__.py", "");
        let models = "import enum\nfrom sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, String, func\n\
             from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\
             print('what a module prints is not the answer')\n\
             class Base(DeclarativeBase):\n    pass\n\
             class Color(enum.Enum):\n    red = 'red'\n    blue = 'blue'\n\
             class User(Base):\n    __tablename__ = 'users'\n\
             \x20   id: Mapped[int] = mapped_column(primary_key=True)\n\
             \x20   name: Mapped[str] = mapped_column(String(50), comment='what to say')\n\
             \x20   color: Mapped[Color]\n\
             \x20   long: Mapped[int] = mapped_column(Computed('length(name)'))\n\
             \x20   boss_id: Mapped[int | None] = mapped_column(ForeignKey('users.id'))\n\
             \x20   __table_args__ = (CheckConstraint('length(name) > 1', name='long_enough'), Index('ix_lower', func.lower(name)))\n";
        site.project.write("app/models.py", models);
        site.project.migrate("revision --autogenerate -m first").ok();
        site.project.migrate("upgrade head").ok();
        site.project.migrate("check").ok();
        // A trigger is nothing that the metadata knows, and a rename is declared in it.
        let renamed = models
            .replace(
                "name: Mapped[str] = mapped_column(",
                "full_name: Mapped[str] = mapped_column(info={'renamed_from': 'name'}, type_=",
            )
            .replace("length(name)", "length(full_name)")
            .replace("lower(name)", "lower(full_name)");
        site.project.write("app/models.py", &renamed);
        site.project.migrate("revision --autogenerate -m second").ok();
        site.project.migrate("upgrade head").ok();
        site.project.migrate("check").ok();
        assert_eq!(site.lines("SELECT count(full_name) FROM users"), ["0"]);
        site.project.write("app/models.py", &models.replace("String(50)", "Strin(50)"));
        let outcome = site.project.migrate("check").exits(1);
        assert!(outcome.stderr.contains("NameError: name 'Strin' is not defined"), "{}", outcome.shown());
        assert!(outcome.stderr.contains("app/models.py"), "{}", outcome.shown());
    });
}

#[test]
fn an_integer_key_in_toml_is_the_rowid_of_sqlite() {
    let site = Site::sqlite();
    site.project.write(
        "models/keys.toml",
        "[table.a.column]\nid = { type = \"bigint\", primary_key = true }\nn = { type = \"int\" }\n\
         [table.b]\nprimary_key = [\"id\"]\n[table.b.column]\nid = { type = \"bigint\" }\nn = { type = \"int\" }\n",
    );
    site.project.migrate("revision --autogenerate -m keys").ok();
    site.project.migrate("upgrade head").ok();
    for table in ["a", "b"] {
        site.execute(&format!("INSERT INTO {table} (n) VALUES (1); INSERT INTO {table} VALUES (NULL, 2)"));
        assert_eq!(site.lines(&format!("SELECT id = rowid, id, n FROM {table}")), ["1|1|1", "1|2|2"]);
    }
    site.project.migrate("check").ok();
}

/// What follows the header of the newest file.
fn sections(site: &Site, outcome: &Outcome) -> String {
    let file = written(site, outcome);
    file[file.find("-- migrate:upgrade").expect("an upgrade section")..].to_owned()
}

#[test]
fn a_revision_reads_as_if_written_by_hand() {
    let Some(site) = Site::postgres() else { return };
    let before = "CREATE EXTENSION citext;\nCREATE EXTENSION hstore;\n\
        CREATE TABLE users (id int PRIMARY KEY, favourite int, name citext);\n\
        CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, price int CHECK (price > 0), twice int GENERATED ALWAYS AS (price * 2) STORED);\n\
        ALTER TABLE users ADD FOREIGN KEY (favourite) REFERENCES orders;\n\
        CREATE INDEX ix_name ON users (name);\nCREATE INDEX ix_favourite ON users (favourite DESC);";
    let outcome = generate(&site, before, "").ok();
    assert_snapshot!(sections(&site, &outcome), @"
    -- migrate:upgrade
    CREATE EXTENSION citext WITH SCHEMA public;
    CREATE EXTENSION hstore WITH SCHEMA public;

    CREATE TABLE public.orders (
        id integer PRIMARY KEY,
        user_id integer,
        price integer CHECK (price > 0),
        twice integer GENERATED ALWAYS AS (price * 2) STORED
    );

    CREATE TABLE public.users (
        id integer PRIMARY KEY,
        favourite integer REFERENCES public.orders(id),
        name public.citext
    );

    ALTER TABLE public.orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);

    CREATE INDEX ix_favourite ON public.users (favourite DESC);
    CREATE INDEX ix_name ON public.users (name);

    -- migrate:downgrade
    ALTER TABLE public.orders DROP CONSTRAINT orders_user_id_fkey;

    -- destroys data: table public.users is dropped
    DROP TABLE public.users;

    -- destroys data: table public.orders is dropped
    DROP TABLE public.orders;

    DROP EXTENSION hstore;
    DROP EXTENSION citext;
    ");
    site.project.migrate("upgrade head").ok();
    let after = before
        .replace("price > 0", "price >= 0")
        .replace("REFERENCES orders", "REFERENCES orders ON DELETE CASCADE")
        .replace("ix_favourite ON users (favourite DESC)", "ix_favourite ON users (favourite)");
    let outcome = generate(&site, &after, "").ok();
    assert_snapshot!(sections(&site, &outcome), @"
    -- migrate:upgrade
    -- may fail: existing rows of table public.orders may violate check orders_price_check
    -- locks: reads and writes of table public.orders wait while its rows are checked
    ALTER TABLE public.orders
        DROP CONSTRAINT orders_price_check,
        ADD CONSTRAINT orders_price_check CHECK (price >= 0);

    ALTER TABLE public.users
        DROP CONSTRAINT users_favourite_fkey,
        ADD CONSTRAINT users_favourite_fkey FOREIGN KEY (favourite) REFERENCES public.orders(id) ON DELETE CASCADE;

    DROP INDEX public.ix_favourite;

    -- locks: writes to table public.users wait while index public.ix_favourite is built
    CREATE INDEX ix_favourite ON public.users (favourite);

    -- migrate:downgrade
    -- may fail: existing rows of table public.orders may violate check orders_price_check
    -- locks: reads and writes of table public.orders wait while its rows are checked
    ALTER TABLE public.orders
        DROP CONSTRAINT orders_price_check,
        ADD CONSTRAINT orders_price_check CHECK (price > 0);

    ALTER TABLE public.users
        DROP CONSTRAINT users_favourite_fkey,
        ADD CONSTRAINT users_favourite_fkey FOREIGN KEY (favourite) REFERENCES public.orders(id);

    DROP INDEX public.ix_favourite;

    -- locks: writes to table public.users wait while index public.ix_favourite is built
    CREATE INDEX ix_favourite ON public.users (favourite DESC);
    ");
}

#[test]
fn a_table_that_is_made_anew_loses_no_row_and_stops_at_one_that_fits_nowhere() {
    let Some(site) = Site::postgres() else { return };
    generate(&site, "CREATE TABLE t (id int, at date NOT NULL);", "").ok();
    site.project.migrate("upgrade head").ok();
    site.execute("INSERT INTO t VALUES (1, '2020-05-05'), (2, '1999-01-01'); ALTER TABLE t OWNER TO writer");
    let partitioned = "CREATE TABLE t (id int, at date NOT NULL) PARTITION BY RANGE (at);\n\
                       CREATE TABLE t_2020 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');";
    let outcome = generate(&site, partitioned, "").ok();
    assert_snapshot!(outcome.stderr, @r"
    replace table public.t: partition_by none → RANGE (at)
    create table public.t_2020
    warning: rewrites the table: table public.t is recreated and its rows are copied
    warning: may fail: table public.t may have rows that fit none of its new partitions
    ");
    let outcome = site.project.migrate("upgrade head").exits(1);
    assert!(outcome.stderr.contains("It was rolled back"), "{}", outcome.shown());
    site.execute("DELETE FROM ONLY t WHERE id = 2");
    site.project.migrate("upgrade head").ok();
    site.execute("DO 'BEGIN ASSERT (SELECT count(*) FROM t_2020) = 1; END'");
    // Whose table it was, his it is.
    site.execute("DO 'BEGIN ASSERT (SELECT count(*) FROM pg_tables WHERE tableowner = ''writer'') = 2; END'");
    // TOML has no word for partitions, and changes nothing about them.
    site.project.remove("models/schema.sql");
    let columns = "id = { type = \"int\", nullable = true }\nat = { type = \"date\" }\n";
    site.project.write("models/schema.toml", &format!("[table.t.column]\n{columns}"));
    site.project.migrate("check").ok();
}

//! Models in files: what is said about a mistake, and what a dump may have beside the schema.

use crate::support::site::{Site, on_both};
use crate::support::{Outcome, Project, postgres};

/// What `check` says of these models; the file is `models/m.EXTENSION`.
#[track_caller]
fn refused(site: &Site, extension: &str, models: &str, said: &[&str]) {
    let path = format!("models/m.{extension}");
    site.project.write(&path, models);
    let outcome = site.project.migrate("check").exits(1);
    for words in said {
        assert!(outcome.stderr.contains(words), "{words}\n{}", outcome.shown());
    }
    site.project.remove(&path);
}

#[test]
fn a_name_that_nothing_has_is_answered_with_the_nearest() {
    on_both(|site| {
        let users = "[table.users.column]\nid = { type = \"bigint\", primary_key = true }\nname = \"text\"\n";
        for (more, said) in [
            (
                "[table.users.index]\nix = [\"nam\"]",
                ["has no column nam", "--> models/m.toml:5:1", "did you mean `name`?"],
            ),
            (
                "[table.users.unique]\nuq = [\"id\", \"nmae\"]",
                ["has no column nmae", "--> models/m.toml:5:1", "did you mean `name`?"],
            ),
            (
                "b = { type = \"bigint\", references = \"user.id\" }",
                ["no model declares the table user", "--> models/m.toml:4:1", "did you mean `users`?"],
            ),
            (
                "b = { type = \"text\", default = \"open\" }",
                ["is a bare word", "--> models/m.toml:4:32", "a text has quotes of its own: \"'open'\""],
            ),
            ("[table.users.check]\nc = \"nmae <> ''\"", ["nmae", "--> models/m.toml:5:1", "name"]),
        ] {
            refused(site, "toml", &format!("{users}{more}\n"), &said);
        }
        let said = ["users", "--> models/m.sql:2:", "did you mean `users`?"];
        refused(site, "sql", "CREATE TABLE users (id int);\nCREATE INDEX i ON userss (id);\n", &said);
    });
}

#[test]
fn what_is_declared_twice_is_shown_at_both_places() {
    on_both(|site| {
        site.project.write("models/a.sql", "CREATE TABLE b (id int);\n\nCREATE TABLE a (id int);\n");
        refused(
            site,
            "sql",
            "CREATE TABLE a (n int);",
            &["already exists", "models/m.sql:1:", "declared at models/a.sql:3 too"],
        );
    });
}

#[test]
fn a_role_that_is_missing_belongs_to_the_server() {
    let Some(site) = Site::postgres() else { return };
    let models = "CREATE TABLE a (id int);\nGRANT SELECT ON a TO no_such_role;";
    refused(&site, "sql", models, &["role \"no_such_role\" does not exist", "CREATE ROLE no_such_role there"]);
}

#[test]
fn models_that_declare_nothing_are_told() {
    let site = Site::sqlite();
    site.project.write("models/m.toml", "# nothing yet\n");
    let outcome = site.project.migrate("check").ok();
    assert!(outcome.stderr.contains("warning: the models declare nothing"), "{}", outcome.shown());
}

#[test]
fn a_dump_with_rows_is_a_model_as_it_is() {
    let Some(site) = Site::postgres() else { return };
    site.execute(
        "CREATE TABLE a (id int PRIMARY KEY, n text);\nINSERT INTO a VALUES (1, 'it''s; \"x'), (2, E'\\\\.');",
    );
    let database = site.database();
    let dump = database.dump_with(&["--create"]);
    assert!(dump.contains("\\connect") && dump.contains("FROM stdin;"), "{dump}");
    site.project.write("models/schema.sql", &dump);
    site.project.migrate("check").ok();
}

#[test]
fn a_default_that_is_the_time_of_loading_is_a_warning() {
    let Some(database) = postgres::database() else { return };
    let project = Project::postgres(&database);
    let table = "CREATE TABLE t (id int DEFAULT 1, at timestamptz DEFAULT 'now'::timestamptz, day date NOT NULL DEFAULT \
                 'tomorrow', word text DEFAULT 'now' CHECK (word <> 'today'), fixed date DEFAULT '2020-01-01');\n";
    let more = "ALTER TABLE t ADD COLUMN since timestamp DEFAULT timestamp 'today', ADD other int DEFAULT 2;\n";
    project.write("models/m.sql", &format!("{table}{more}"));
    let said = [
        "the default of column public.t.at is the time at which the models were loaded ('now'); use now()",
        "the default of column public.t.day is the time at which the models were loaded ('tomorrow'); use CURRENT_DATE + 1",
        "the default of column public.t.since is the time at which the models were loaded ('today'); use CURRENT_DATE",
    ];
    let warned = |outcome: Outcome| {
        said.iter().for_each(|words| assert!(outcome.stderr.contains(words), "{words}\n{}", outcome.shown()));
        assert_eq!(outcome.stderr.matches("the models were loaded").count(), 3, "{}", outcome.shown());
    };
    warned(project.migrate("revision --autogenerate -m one").ok());
    project.migrate("upgrade head").ok();
    for options in ["", " --shadow full"] {
        warned(project.migrate(&format!("check{options}")).ok());
    }
    // Days that differ, and something else of the table that is changed.
    database.execute("ALTER TABLE t ALTER day SET DEFAULT '2001-02-03', ALTER since SET DEFAULT '2001-02-03 00:00'");
    warned(project.migrate("check").ok());
    project.write("models/m.sql", &format!("{}{more}", table.replace("2020-01-01", "2021-01-01")));
    warned(project.migrate("revision --autogenerate -m two").ok());
    project.migrate("upgrade head").ok();
    warned(project.migrate("check").ok());
    let left = "SELECT pg_get_expr(adbin, 0) FROM pg_attrdef WHERE adrelid = 't'::regclass ORDER BY adnum";
    assert_eq!(database.lines(left)[2..5], ["'2001-02-03'::date", "'now'::text", "'2021-01-01'::date"]);
    // What the live column has instead is a difference.
    database.execute("ALTER TABLE t ALTER at SET DEFAULT clock_timestamp()");
    project.migrate("check").exits(1);
}

#[test]
fn roles_in_models_are_left_out_and_that_is_said() {
    let Some(database) = postgres::database() else { return };
    let project = Project::postgres(&database);
    project.write("models/m.sql", "CREATE ROLE nobody_has LOGIN;\nGRANT reader TO writer;\n");
    let outcome = project.migrate("check").ok();
    assert_eq!(outcome.stderr.matches("left out: 2 statements about roles").count(), 1, "{}", outcome.shown());
    assert!(database.lines("SELECT 1 FROM pg_roles WHERE rolname = 'nobody_has'").is_empty());
    project.write("models/m.sql", "CREATE TABLE t (id int);\n");
    let outcome = project.migrate("check").exits(1);
    assert!(!outcome.stderr.contains("left out"), "{}", outcome.shown());
}

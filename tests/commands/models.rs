//! Models in files: what is said about a mistake, and what a dump may have beside the schema.

use crate::support::site::{Site, on_both};

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

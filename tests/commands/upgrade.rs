//! `migrate upgrade`: what runs, what a failure says and leaves, what is refused before anything runs.

use insta::assert_snapshot;

use crate::support::site::{Site, on_both};

/// Three revisions in a row: a table, a column with rows, an index.
pub fn three(site: &Site) {
    site.project
        .revision("r1", "", "CREATE TABLE users (id int PRIMARY KEY, name text DEFAULT 'a;é');", "DROP TABLE users;")
        .revision(
            "r2",
            "r1",
            "ALTER TABLE users ADD COLUMN email text;\nINSERT INTO users (id, email) VALUES (1, 'x\\y');",
            "DELETE FROM users;\nALTER TABLE users DROP COLUMN email;",
        )
        .revision("r3", "r2", "CREATE INDEX users_email ON users (email);", "DROP INDEX users_email;");
}

#[test]
fn everything_is_applied_once() {
    on_both(|site| {
        three(site);
        let outcome = site.project.migrate("upgrade head").ok();
        assert_eq!(outcome.stdout.lines().count(), 3, "{}", outcome.shown());
        assert_eq!(site.applied(), ["r1 applied", "r2 applied", "r3 applied"]);
        assert_eq!(site.lines("SELECT email FROM users"), ["x\\y"]);
        let again = site.project.migrate("upgrade head").ok();
        assert!(format!("{}{}", again.stdout, again.stderr).contains("nothing to do"), "{}", again.shown());
    });
}

#[test]
fn a_target_may_be_relative_or_a_prefix() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade +1").ok();
        assert_eq!(site.applied(), ["r1 applied"]);
        site.project.migrate("upgrade r2").ok();
        assert_eq!(site.applied(), ["r1 applied", "r2 applied"]);
    });
}

#[test]
fn a_dry_run_says_what_would_run_and_changes_nothing() {
    on_both(|site| {
        three(site);
        let outcome = site.project.migrate("upgrade head --dry-run").ok();
        assert_eq!(outcome.stdout.lines().count(), 3, "{}", outcome.shown());
        assert!(!site.has_table("migrate_revision") && !site.has_table("users"));
        let json = site.project.migrate("upgrade head --dry-run --json").ok().json();
        assert_eq!(json["revisions"][0]["revision"], "r1");
        assert_eq!(json["dry_run"], true);
    });
}

#[test]
fn a_failed_revision_leaves_the_state_before_it() {
    on_both(|site| {
        three(site);
        site.project.revision("r4", "r3", "CREATE TABLE fine (id int);\nINSERT INTO users (id) VALUES (1);", "");
        let outcome = site.project.migrate("upgrade head").exits(1);
        assert!(outcome.stderr.contains("statement 2 of 2"), "{}", outcome.shown());
        assert!(outcome.stderr.contains("migrations/r4.sql:8:1"), "{}", outcome.shown());
        assert_eq!(site.applied(), ["r1 applied", "r2 applied", "r3 applied"]);
        assert!(!site.has_table("fine"));
    });
}

#[test]
fn an_error_shows_its_line_and_a_caret_on_postgres() {
    let Some(site) = Site::postgres() else { return };
    site.project.revision("r1", "", "CREATE TABLE é (id int);\n  SELECT 1,\n    nosuch('ü') FROM é;", "");
    assert_snapshot!(site.project.migrate("upgrade head").shown(), @r"
    | error: revision r1 failed to upgrade on statement 2 of 2: function nosuch(unknown) does not exist
    |   --> migrations/r1.sql:8:5
    |   |
    | 8 |     nosuch('ü') FROM é;
    |   |     ^^^^^^
    |   SQLSTATE: 42883
    |   It was rolled back; the database is as it was before this revision.
    |   hint: No function matches the given name and argument types. You might need to add explicit type casts.
    [exit 1]
    ");
}

#[test]
fn an_error_shows_its_line_and_a_caret_on_sqlite() {
    let site = Site::sqlite();
    site.project.revision("r1", "", "CREATE TABLE é (id int);\n  SELECT 1,\n    nosuch('ü') FROM é;", "");
    assert_snapshot!(site.project.migrate("upgrade head").shown(), @r"
    | error: revision r1 failed to upgrade on statement 2 of 2: no such function: nosuch
    |   --> migrations/r1.sql:8:5
    |   |
    | 8 |     nosuch('ü') FROM é;
    |   |     ^^^^^^
    |   code: SQLITE_ERROR
    |   It was rolled back; the database is as it was before this revision.
    [exit 1]
    ");
}

#[test]
fn what_cannot_be_run_is_refused_before_anything_runs() {
    on_both(|site| {
        site.project.revision("r1", "", "CREATE TABLE a (id int);", "");
        for (script, word) in [
            ("CREATE TABLE b (id int);\nCOMMIT;", "transaction"),
            ("ROLLBACK", "transaction"),
            ("COPY a FROM STDIN;\n1\n\\.\n", "COPY"),
            ("SELECT 'open", "never closed"),
            ("VACUUM;", "cannot run inside a transaction"),
            ("-- migrate:unless table x\nSELECT 1;", "migrate:end"),
        ] {
            site.project.revision("r2", "r1", script, "");
            let outcome = site.project.migrate("upgrade head").exits(1);
            assert!(outcome.stderr.contains(word), "{script}\n{}", outcome.shown());
            assert!(outcome.stderr.contains("migrations/r2.sql:"), "{script}\n{}", outcome.shown());
            assert!(!site.has_table("a"), "{script}");
        }
    });
}

#[test]
fn one_transaction_for_all_leaves_nothing_behind() {
    on_both(|site| {
        three(site);
        site.project.revision("r4", "r3", "SELECT * FROM nowhere;", "");
        site.project.migrate("upgrade head --transaction all").exits(1);
        assert!(!site.has_table("users"));
        site.project.revision("r4", "r3", "SELECT 1;", "");
        site.project.migrate("upgrade head --transaction all").ok();
        assert_eq!(site.applied().len(), 4);
    });
}

#[test]
fn an_edited_revision_stops_the_upgrade_and_a_harmless_edit_does_not() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade r2").ok();
        site.project.revision(
            "r1",
            "",
            "-- Why.\nCREATE TABLE  users (id int PRIMARY KEY,\n  name text DEFAULT 'a;é');",
            "",
        );
        site.project.migrate("upgrade r2").ok();
        site.project.revision("r1", "", "CREATE TABLE users (id bigint PRIMARY KEY, name text DEFAULT 'a;é');", "");
        let outcome = site.project.migrate("upgrade head").exits(1);
        assert!(outcome.stderr.contains("-CREATE TABLE users (id int"), "{}", outcome.shown());
        assert!(outcome.stderr.contains("+CREATE TABLE users (id bigint"), "{}", outcome.shown());
        assert_eq!(site.applied().len(), 2);
        site.project.migrate("verify").exits(1);
        site.project.migrate("repair r1").ok();
        site.project.migrate("verify").ok();
        site.project.migrate("upgrade head").ok();
    });
}

#[test]
fn settings_of_a_script_do_not_outlive_it() {
    let Some(site) = Site::postgres() else { return };
    site.project
        .revision(
            "r1",
            "",
            "SET search_path = pg_catalog;\nSET statement_timeout = 1;\nSELECT set_config('work_mem', '64kB', false);\nSET ROLE writer;",
            "",
        )
        .revision("r2", "r1", "CREATE TABLE t AS SELECT current_setting('statement_timeout') AS a, current_user AS b;", "");
    site.project.migrate("upgrade head").ok();
    assert_eq!(site.lines("SELECT a, b FROM public.t"), ["0|postgres"]);
}

#[test]
fn a_revision_that_no_file_knows_is_named() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade head").ok();
        site.project.remove("migrations/r3.sql");
        let outcome = site.project.migrate("upgrade head");
        assert!(outcome.stderr.contains("r3"), "{}", outcome.shown());
    });
}

#[test]
fn a_table_that_must_keep_its_rows_does() {
    on_both(|site| {
        three(site);
        site.project.revision("r4", "r3", "-- migrate:keeps-rows users\nDELETE FROM users;", "");
        let outcome = site.project.migrate("upgrade head").exits(1);
        assert!(outcome.stderr.contains("users had 1 rows and would have 0"), "{}", outcome.shown());
        assert_eq!(site.lines("SELECT count(*) FROM users"), ["1"]);
    });
}

#[test]
fn foreign_keys_are_checked_where_a_rebuild_switched_them_off() {
    let site = Site::sqlite();
    site.project
        .revision(
            "r1",
            "",
            "CREATE TABLE p (id int PRIMARY KEY);\nCREATE TABLE c (p int REFERENCES p (id));\nINSERT INTO p VALUES (1);\nINSERT INTO c VALUES (1);",
            "",
        )
        .revision("r2", "r1", "PRAGMA foreign_keys = OFF;\nDELETE FROM p;\nPRAGMA foreign_keys = ON;", "");
    let outcome = site.project.migrate("upgrade head").exits(1);
    assert!(outcome.stderr.contains("row 1 of c refers to a row of p"), "{}", outcome.shown());
    assert_eq!(site.lines("SELECT count(*) FROM p"), ["1"]);
    site.project.revision("r2", "r1", "CREATE TABLE x (id int);\nPRAGMA foreign_keys = OFF;\nDROP TABLE x;", "");
    let outcome = site.project.migrate("upgrade head").exits(1);
    assert!(outcome.stderr.contains("no effect inside the transaction"), "{}", outcome.shown());
}

#[test]
fn the_version_table_may_have_any_name() {
    on_both(|site| {
        three(site);
        let config =
            site.project.read("migrate.toml").replace("[database]", "[database]\nversion_table = 'My \"odd\" table'");
        site.project.write("migrate.toml", &config);
        site.project.migrate("upgrade head").ok();
        site.project.migrate("downgrade base --yes").ok();
        assert_eq!(site.lines("SELECT count(*) FROM \"My \"\"odd\"\" table\""), ["0"]);
    });
}

#[test]
fn a_transaction_that_may_run_out_of_locks_is_announced() {
    let Some(server) = crate::support::server::own(&["fsync = off", "max_connections = 20"]) else { return };
    let site = Site::on(&server);
    let tables: String = (0..330).map(|number| format!("CREATE TABLE t{number} (n int);\n")).collect();
    site.project.write("models/tables.sql", &tables);
    let says = "one transaction may need about 1320 locks, but the server guarantees only 1280: set \
                max_locks_per_transaction to 128 and restart it";
    let outcome = site.project.migrate("revision --autogenerate -m many --rev-id r1").ok();
    assert!(outcome.stderr.contains(says), "{}", outcome.stderr);
    let outcome = site.project.migrate("upgrade head").ok();
    assert!(outcome.stderr.contains(&format!("{says}, or divide the revision")), "{}", outcome.stderr);
    site.project.revision("r2", "r1", "CREATE TABLE one_more (n int);", "DROP TABLE one_more;");
    assert!(!site.project.migrate("upgrade head").ok().stderr.contains("locks"));
    server.stop();
}

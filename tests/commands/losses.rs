//! What a downgrade says that it destroys: each table and column by name, with its rows, and nothing else.

use crate::support::Outcome;
use crate::support::site::{Site, on_both};

/// What is listed when a downgrade is refused that nobody confirmed.
#[track_caller]
fn listed(outcome: &Outcome) -> Vec<String> {
    assert!(outcome.stderr.contains("refusing to destroy data"), "{}", outcome.shown());
    assert!(outcome.stderr.contains("pass --yes"), "{}", outcome.shown());
    let lines = outcome.stderr.lines().filter(|line| line.starts_with("  ") && !line.contains("hint:"));
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn without_a_terminal_data_goes_only_with_yes() {
    on_both(|site| {
        site.project
            .revision("r1", "", "CREATE TABLE a (id int);\nCREATE TABLE b (id int);", "DROP TABLE a;\nDROP TABLE b;")
            .revision("r2", "r1", "ALTER TABLE a ADD COLUMN note text;", "ALTER TABLE a DROP COLUMN note;");
        site.project.migrate("upgrade head").ok();
        // Nothing is in it, so nothing is lost.
        site.project.migrate("downgrade base").ok();
        site.project.migrate("upgrade head").ok();
        site.execute("INSERT INTO a VALUES (1, 'x'), (2, NULL)");
        let outcome = site.project.migrate("downgrade base").exits(2);
        assert_eq!(listed(&outcome), ["column a.note is dropped: 1 row", "table a is dropped: 2 rows"]);
        assert_eq!(site.applied().len(), 2);
        site.project.migrate("downgrade base --yes").ok();
        assert_eq!(site.applied().len(), 0);
    });
}

#[test]
fn every_clause_of_an_alter_is_named() {
    let Some(site) = Site::postgres() else { return };
    site.project.write("models/t.sql", "CREATE TABLE t (a int, d numeric(10,4));");
    site.project.run(["revision", "--autogenerate", "-m", "one", "--rev-id", "r1"]).ok();
    site.project.migrate("upgrade head").ok();
    site.project.write(
        "models/t.sql",
        "CREATE TABLE t (a int, d numeric(12,6), o text DEFAULT 'x', n text, CONSTRAINT k CHECK (a > 0));",
    );
    site.project.run(["revision", "--autogenerate", "-m", "two", "--rev-id", "r2"]).ok();
    site.project.migrate("upgrade head").ok();
    site.execute("INSERT INTO t VALUES (1, 1.123456, 'o', NULL), (2, 2, 'o', 'n')");
    let mut found = listed(&site.project.migrate("downgrade -1").exits(2));
    found.sort();
    assert_eq!(found.len(), 3, "{found:?}");
    let lost = ["column public.t.n is dropped: 1 row", "column public.t.o is dropped: 2 rows"];
    assert_eq!(found[..2], lost);
    assert!(found[2].starts_with("values of column public.t.d are rounded"), "{found:?}");
}

#[test]
fn a_rebuilt_table_loses_its_column_and_no_row() {
    let site = Site::sqlite();
    let models = |columns: &str| {
        let orders = format!("CREATE TABLE orders (id integer PRIMARY KEY, {columns});");
        site.project.write("models/s.sql", &format!("CREATE TABLE users (id integer PRIMARY KEY);\n{orders}"));
    };
    models("price int");
    site.project.run(["revision", "--autogenerate", "-m", "one", "--rev-id", "r1"]).ok();
    site.project.migrate("upgrade head").ok();
    models("price real, note text");
    site.project.run(["revision", "--autogenerate", "-m", "two", "--rev-id", "r2"]).ok();
    site.project.migrate("upgrade head").ok();
    site.execute("INSERT INTO orders VALUES (1, 2.5, 'n'), (2, 3, 'n'); INSERT INTO users VALUES (1), (2)");
    let found = listed(&site.project.migrate("downgrade -1").exits(2));
    assert_eq!(found, ["column orders.note is dropped: 2 rows"]);
}

#[test]
fn a_rebuild_by_hand_is_no_loss_but_for_what_it_leaves_behind() {
    on_both(|site| {
        site.project.revision(
            "r1",
            "",
            "CREATE TABLE users (id int, name text, note text);",
            "CREATE TABLE users_new (id int, name text);\nINSERT INTO users_new SELECT id, name FROM users;\n\
             DROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
        );
        site.project.migrate("upgrade head").ok();
        site.execute("INSERT INTO users VALUES (1, 'a', 'b')");
        let found = listed(&site.project.migrate("downgrade base").exits(2));
        assert_eq!(found, ["column users.note is dropped: 1 row"]);
    });
}

#[test]
fn what_is_created_on_the_way_is_no_loss() {
    on_both(|site| {
        site.project.revision("r1", "", "SELECT 1;", "DROP TABLE IF EXISTS never;\nDROP TABLE back;").revision(
            "r2",
            "r1",
            "SELECT 1;",
            "CREATE TABLE back (id int);",
        );
        site.project.migrate("upgrade head").ok();
        site.project.migrate("downgrade base").ok();
    });
}

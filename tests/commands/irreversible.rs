//! Revisions that can't be undone: `-- migrate:irreversible`.

use crate::support::site::{Site, on_both};

#[test]
fn a_downgrade_that_says_why_there_is_none_is_refused() {
    on_both(|site| {
        site.project.revision("r1", "", "CREATE TABLE a (id int);", "DROP TABLE a;");
        let reason = "-- migrate:irreversible the rows of a were merged";
        site.project.revision("r2", "r1", "UPDATE a SET id = 1;", reason);
        site.project.revision("r3", "r2", "CREATE TABLE b (id int);", "DROP TABLE b;");
        site.project.migrate("upgrade head").ok();
        let outcome = site.project.migrate("downgrade base");
        insta::allow_duplicates! { insta::assert_snapshot!(outcome.shown(), @"
        | error: revision r2 can't be undone
        |   the rows of a were merged
        |   Nothing was run.
        |   hint: restore a backup; or, in migrations/r2.sql, replace `-- migrate:irreversible` with SQL that undoes the upgrade
        [exit 1]
        ") }
        assert_eq!(site.applied().len(), 3, "nothing was run");
        let script = site.project.migrate("downgrade head:base --sql").exits(1);
        assert!(script.stderr.contains("the rows of a were merged") && script.stdout.is_empty(), "{}", script.shown());
        site.project.migrate("downgrade r2").ok();
    });
}

#[test]
fn an_upgrade_without_a_way_back_is_written_and_says_so() {
    let Some(site) = Site::postgres() else { return };
    let models = |version: &str| {
        let text = format!(
            "CREATE EXTENSION citext VERSION '{version}';\nCREATE TABLE t (id int PRIMARY KEY, name citext NOT NULL);\n\
             CREATE TABLE other (id int);\n"
        );
        site.project.write("models/t.sql", &text);
    };
    models("1.4");
    site.project.migrate("revision --autogenerate -m old --rev-id r1").ok();
    site.project.migrate("upgrade head").ok();
    site.execute("INSERT INTO t VALUES (1, 'Ann')");
    models("1.6");
    let lent = crate::support::postgres::database().expect("there is a server");
    let settings = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &format!("{settings}shadow_url = \"{}\"\n", lent.url()));
    site.project.migrate("revision --autogenerate -m update --rev-id r2").ok();
    site.project.remove("migrations/2026-11-21_r2_update.sql");
    site.project.write("migrate.toml", &settings);
    let outcome = site.project.migrate("revision --autogenerate -m update --rev-id r2").ok();
    insta::assert_snapshot!(outcome.shown(), @"
    migrations/2026-11-21_r2_update.sql
    | alter extension citext: version 1.4 → 1.6
    | warning: it can't be undone: extension citext: it would have to be dropped and recreated, and column public.t.name uses it
    ");
    let file = site.project.files("migrations").into_iter().find(|name| name.contains("r2")).expect("it is written");
    insta::assert_snapshot!(site.project.read(&format!("migrations/{file}")), @"
    -- revision: r2
    -- revises: r1
    -- created: 2026-11-21T10:00:00Z
    -- message: update

    -- migrate:upgrade
    ALTER EXTENSION citext UPDATE TO '1.6';

    -- migrate:downgrade
    -- migrate:irreversible extension citext: it would have to be dropped and recreated, and column public.t.name uses it
    ");
    site.project.migrate("upgrade head").ok();
    site.project.migrate("check").ok();
    let outcome = site.project.migrate("downgrade -1").exits(1);
    assert!(outcome.stderr.contains("revision r2 can't be undone"), "{}", outcome.shown());
    assert_eq!(site.lines("SELECT name FROM t WHERE name = 'ANN'"), ["Ann"]);
}

#[test]
fn the_tables_of_an_extension_are_data() {
    let Some(site) = Site::postgres() else { return };
    site.execute(
        "CREATE EXTENSION citext VERSION '1.6'; CREATE TABLE kept (id int); ALTER EXTENSION citext ADD TABLE kept",
    );
    site.project.write("models/t.sql", "CREATE EXTENSION pg_trgm;");
    let outcome = site.project.migrate("revision --autogenerate -m drop --rev-id r1").ok();
    assert!(outcome.stderr.contains("destroys data: extension citext is dropped"), "{}", outcome.shown());
    site.project.remove("migrations/2026-11-21_r1_drop.sql");
    site.project.write("models/t.sql", "CREATE EXTENSION citext VERSION '1.5'; CREATE TABLE a (id int);");
    let outcome = site.project.migrate("revision --autogenerate -m back").exits(1);
    assert!(outcome.stderr.contains("would lose data"), "{}", outcome.shown());
}

//! A plan of which a part is refused: the rest is planned by `--except` and `--only`, and `--draft` writes what there is.

use crate::support::site::Site;

/// A table that can't become what the models say, and one that can be made.
fn refused() -> Site {
    let site = Site::sqlite();
    site.execute("CREATE TABLE t (a text PRIMARY KEY) WITHOUT ROWID");
    site.project.write(
        "models/s.sql",
        "CREATE TABLE t (b text PRIMARY KEY) WITHOUT ROWID;\nCREATE TABLE u (id integer PRIMARY KEY);",
    );
    site
}

#[test]
fn a_refusal_names_the_next_command_and_does_not_take_the_rest_along() {
    let site = refused();
    let outcome = site.project.migrate("revision --autogenerate -m x").exits(1);
    assert!(outcome.stderr.contains("--except t"), "{}", outcome.shown());
    site.project.migrate("revision --autogenerate -m x --rev-id r1 --except t").ok();
    let text = site.project.read("migrations/2026-11-21_r1_x.sql");
    assert!(text.contains("CREATE TABLE u") && !text.contains("TABLE t"), "{text}");
    site.project.migrate("upgrade head").ok();
    let outcome = site.project.migrate("revision --autogenerate -m x --only u").ok();
    assert!(outcome.stderr.contains("matches the models in this part"), "{}", outcome.shown());
    site.project.migrate("check").exits(1);
}

#[test]
fn a_draft_is_written_and_run_by_nobody() {
    let site = refused();
    let outcome = site.project.migrate("revision --autogenerate -m x --rev-id r1 --draft").ok();
    assert!(outcome.stderr.contains("is a draft"), "{}", outcome.shown());
    let path = "migrations/2026-11-21_r1_x.sql";
    let text = site.project.read(path);
    assert!(text.contains("\n-- migrate:draft a part can't be planned: table t: "), "{text}");
    assert!(text.contains("-- LEFT OUT: table t: ") && text.contains("CREATE TABLE u"), "{text}");
    for line in ["upgrade head", "sql head", "stamp head"] {
        let outcome = site.project.migrate(line).exits(1);
        assert!(outcome.stderr.contains("it is a draft"), "{line}: {}", outcome.shown());
        assert!(outcome.stderr.contains(path), "{line}: {}", outcome.shown());
    }
    assert!(site.project.migrate("verify").exits(1).stdout.contains("draft: r1"));
    assert!(site.project.migrate("check").exits(1).stderr.contains("revision r1 is a draft"));
    assert!(site.project.migrate("heads").ok().stdout.contains("(draft)"));
    let done: String =
        text.lines().filter(|line| !line.contains("migrate:draft")).flat_map(|line| [line, "\n"]).collect();
    site.project.write(path, &done);
    site.project.migrate("upgrade head").ok();
    assert!(site.has_table("u"));
    // The way back was refused too, and its section says so.
    let outcome = site.project.migrate("downgrade base --dry-run").exits(1);
    assert!(outcome.stderr.contains("no column in common"), "{}", outcome.shown());
}

#[test]
fn a_part_brings_what_it_needs_on_postgres() {
    let Some(site) = Site::postgres() else { return };
    site.project.write(
        "models/s.sql",
        "CREATE TYPE mood AS ENUM ('a');\nCREATE TABLE a (id int PRIMARY KEY, m mood);\nCREATE TABLE b (id int, a int REFERENCES a (id));\n\
         CREATE TABLE c (id int);",
    );
    site.project.migrate("revision --autogenerate -m x --rev-id r1 --only b").ok();
    let text = site.project.read("migrations/2026-11-21_r1_x.sql");
    for (part, there) in
        [("public.mood", true), ("TABLE public.a", true), ("TABLE public.b", true), ("public.c", false)]
    {
        assert_eq!(text.contains(part), there, "{part}: {text}");
    }
    site.project.migrate("upgrade head").ok();
    let outcome = site.project.migrate("check").exits(1);
    assert_eq!(outcome.stdout, "create table public.c\n");
}

#[test]
fn a_draft_has_one_line_above_its_sections() {
    let site = Site::sqlite();
    let text = "-- revision: r1\n-- migrate:upgrade\nSELECT 1;\n-- migrate:draft later\n";
    site.project.write("migrations/r1.sql", text);
    let outcome = site.project.migrate("upgrade head").exits(1);
    assert!(outcome.stderr.contains("move it above the first section"), "{}", outcome.shown());
}

//! Conditional creation, online and offline.

use crate::support::site::{Site, on_both};

#[test]
fn a_guard_is_asked_when_it_is_reached() {
    on_both(|site| {
        site.project.revision(
            "r1",
            "",
            "CREATE TABLE a (id int);\n\
             -- migrate:unless table a\nCREATE TABLE a (other int);\n-- migrate:end\n\
             -- migrate:unless table b\nCREATE TABLE b (id int);\n-- migrate:end\n\
             -- migrate:if table b\nINSERT INTO b VALUES (1);\n-- migrate:end\n\
             -- migrate:unless column b.n\nALTER TABLE b ADD COLUMN n int;\n-- migrate:end\n\
             -- migrate:unless column b.n\nALTER TABLE b ADD COLUMN n int;\n-- migrate:end\n\
             -- migrate:unless index i\nCREATE INDEX i ON b (n);\n-- migrate:end\n\
             -- migrate:if index i\nINSERT INTO b VALUES (2, 2);\n-- migrate:end\n\
             -- migrate:if view v\nINSERT INTO b VALUES (3, 3);\n-- migrate:end",
            "",
        );
        site.project.migrate("upgrade head").ok();
        assert_eq!(site.lines("SELECT id FROM b ORDER BY id"), ["1", "2"]);
    });
}

#[test]
fn an_error_in_a_guarded_part_has_its_place_and_undoes_what_came_before() {
    on_both(|site| {
        site.project.revision(
            "r1",
            "",
            "CREATE TABLE a (id int);\n-- migrate:unless table b\nCREATE TABLE b (id int);\n  SELECT nosuch FROM b;\n-- migrate:end",
            "",
        );
        let outcome = site.project.migrate("upgrade head").exits(1);
        assert!(outcome.stderr.contains("migrations/r1.sql:9:10"), "{}", outcome.shown());
        assert!(!site.has_table("a"));
    });
}

#[test]
fn every_kind_is_found_on_postgres() {
    let Some(site) = Site::postgres() else { return };
    site.execute(
        "CREATE SCHEMA \"S p\"; CREATE TABLE \"S p\".\"T\" (\"C\" int CONSTRAINT \"K\" CHECK (\"C\" > 0)); \
         CREATE TYPE e AS ENUM ('a'); CREATE VIEW v AS SELECT 1; CREATE TABLE found (what text); \
         CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE INDEX i ON \"S p\".\"T\" (\"C\"); \
         CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER g BEFORE INSERT ON found FOR EACH ROW EXECUTE FUNCTION t()",
    );
    let there = [
        "table \"S p\".\"T\"",
        "column \"S p\".\"T\".\"C\"",
        "constraint \"S p\".\"T\".\"K\"",
        "type E",
        "view v",
        "function f",
        "function public.f(integer)",
        "trigger g",
        "trigger found.g",
        "schema \"S p\"",
        "index \"S p\".i",
    ];
    let not_there = [
        "table \"S p\".t",
        "table v",
        "column \"S p\".\"T\".c",
        "constraint found.\"K\"",
        "type f",
        "view found",
        "function f(text)",
        "function \"S p\".f",
        "trigger v.g",
        "schema s",
        "index i",
    ];
    let guard = |word: &str, subject: &str| {
        format!(
            "-- migrate:{word} {subject}\nINSERT INTO found VALUES ('{word} {}');\n-- migrate:end\n",
            subject.replace('\'', "")
        )
    };
    let script: String = there.iter().chain(&not_there).flat_map(|s| [guard("if", s), guard("unless", s)]).collect();
    site.project.revision("r1", "", &script, "");
    site.project.migrate("upgrade head").ok();
    let mut wanted: Vec<String> =
        there.iter().map(|s| format!("if {s}")).chain(not_there.iter().map(|s| format!("unless {s}"))).collect();
    wanted.sort();
    let mut found = site.lines("SELECT what FROM found");
    found.sort();
    assert_eq!(found, wanted);
}

#[test]
fn offline_on_postgres_the_script_asks_the_same() {
    let Some(site) = Site::postgres() else { return };
    site.project.revision(
        "r1",
        "",
        "CREATE TABLE a (id int);\n\
         -- migrate:unless table a\nCREATE TABLE a (other int);\n-- migrate:end\n\
         -- migrate:unless type mood\nCREATE TYPE mood AS ENUM ('$migrate$', 'it''s');\n-- migrate:end\n\
         -- migrate:if type mood\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;\n-- migrate:end",
        "",
    );
    let script = site.project.migrate("upgrade head --sql").ok().stdout;
    let twin = site.twin();
    twin.load(&script).unwrap();
    site.project.migrate("upgrade head").ok();
    assert_eq!(site.schema(), twin.schema());
    assert_eq!(site.version_rows(), twin.version_rows());
}

#[test]
fn offline_on_sqlite_only_what_if_not_exists_can_say() {
    let site = Site::sqlite();
    site.project.revision("r1", "", "-- migrate:unless table a\nCREATE TABLE a (id int);\n-- migrate:end", "");
    let script = site.project.migrate("upgrade head --sql").ok().stdout;
    assert!(script.contains("CREATE TABLE IF NOT EXISTS a"), "{script}");
    site.project.revision("r1", "", "-- migrate:unless table a\nINSERT INTO b VALUES (1);\n-- migrate:end", "");
    let outcome = site.project.migrate("upgrade head --sql").exits(1);
    assert!(outcome.stdout.is_empty() && outcome.stderr.contains("migrations/r1.sql:"), "{}", outcome.shown());
}

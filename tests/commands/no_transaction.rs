//! `no-transaction` sections: the journal, and how a run goes on that was cut off.

use crate::support::site::{Site, on_both};

fn section(site: &Site, id: &str, revises: &str, upgrade: &str, downgrade: &str) {
    let parent = if revises.is_empty() { String::new() } else { format!("-- revises: {revises}\n") };
    let text = format!(
        "-- revision: {id}\n{parent}-- message: {id}\n\n-- migrate:upgrade no-transaction\n{upgrade}\n\n-- migrate:downgrade no-transaction\n{downgrade}\n"
    );
    site.project.write(&format!("migrations/{id}.sql"), &text);
}

fn journal(site: &Site) -> Vec<String> {
    site.lines("SELECT state || ' ' || statements_done FROM migrate_revision ORDER BY revision")
}

#[test]
fn it_goes_on_after_the_statement_that_failed() {
    on_both(|site| {
        section(
            site,
            "r1",
            "",
            "CREATE TABLE a (id int PRIMARY KEY);\nINSERT INTO a VALUES (1);\nINSERT INTO b VALUES (1);\nINSERT INTO a VALUES (2);",
            "",
        );
        let outcome = site.project.migrate("upgrade head").exits(1);
        assert!(outcome.stderr.contains("statement 3 of 4"), "{}", outcome.shown());
        assert!(outcome.stderr.contains("statements 1 to 2 took effect"), "{}", outcome.shown());
        assert_eq!(journal(site), ["running 2"]);
        // Half done is not applied, and not forgotten.
        assert!(site.project.migrate("current").ok().stdout.contains("interrupted after"));
        site.execute("CREATE TABLE b (id int)");
        site.project.migrate("upgrade head").ok();
        assert_eq!(journal(site), ["applied 4"]);
        assert_eq!(site.lines("SELECT id FROM a ORDER BY id"), ["1", "2"]);
    });
}

#[test]
fn an_edit_of_a_half_done_section_stops_until_a_person_says_where_to_go_on() {
    on_both(|site| {
        section(site, "r1", "", "CREATE TABLE a (id int);\nINSERT INTO b VALUES (1);", "");
        site.project.migrate("upgrade head").exits(1);
        section(site, "r1", "", "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);", "");
        let outcome = site.project.migrate("upgrade head").exits(1);
        assert!(outcome.stderr.contains("migrate repair r1 --resume-at"), "{}", outcome.shown());
        site.project.migrate("repair r1 --resume-at 2").ok();
        site.project.migrate("upgrade head").ok();
        assert_eq!(site.lines("SELECT count(*) FROM a"), ["1"]);
    });
}

#[test]
fn it_goes_down_statement_by_statement_too() {
    on_both(|site| {
        section(
            site,
            "r1",
            "",
            "CREATE TABLE a (id int);\nCREATE TABLE b (id int);",
            "DROP TABLE a;\nDROP TABLE c;\nDROP TABLE b;",
        );
        site.project.migrate("upgrade head").ok();
        site.project.migrate("downgrade base --yes").exits(1);
        assert_eq!(journal(site), ["reverting 1"]);
        let outcome = site.project.migrate("upgrade head").exits(1);
        assert!(outcome.stderr.contains("migrate downgrade"), "{}", outcome.shown());
        site.execute("CREATE TABLE c (id int)");
        site.project.migrate("downgrade base --yes").ok();
        assert_eq!(journal(site), [] as [String; 0]);
        assert!(!site.has_table("b"));
    });
}

#[test]
fn a_statement_outside_transactions_that_took_effect_is_not_run_again() {
    let Some(site) = Site::postgres() else { return };
    site.execute("CREATE TABLE t (a int)");
    section(
        &site,
        "r1",
        "",
        "CREATE INDEX CONCURRENTLY i ON t (a);\nDROP INDEX CONCURRENTLY i;\nCREATE INDEX CONCURRENTLY i ON t (a);",
        "",
    );
    site.project.migrate("upgrade head").ok();
    assert_eq!(journal(&site), ["applied 3"]);
    // As a crash between the last statement and its confirmation leaves it.
    site.execute("UPDATE migrate_revision SET state = 'running', statements_done = -3, run = 'x'");
    site.project.migrate("upgrade head").ok();
    assert_eq!(journal(&site), ["applied 3"]);
    // As a crash between the claim and the statement leaves it.
    site.execute("DROP INDEX i; UPDATE migrate_revision SET state = 'running', statements_done = -3, run = 'x'");
    site.project.migrate("upgrade head").ok();
    assert_eq!(site.lines("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), ["t"]);
}

#[test]
fn an_index_that_is_not_valid_is_built_again() {
    let Some(site) = Site::postgres() else { return };
    site.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)");
    section(&site, "r1", "", "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);", "");
    site.project.migrate("upgrade head").exits(1);
    assert_eq!(site.lines("SELECT to_regclass('i') IS NULL"), ["t"], "what failed leaves nothing behind");
    assert_eq!(journal(&site), ["running 0"]);
    // As a build that was cut off leaves it.
    assert!(site.database().psql("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)").is_err());
    site.execute("UPDATE migrate_revision SET statements_done = -1");
    site.execute("DELETE FROM t");
    site.project.migrate("upgrade head").ok();
    assert_eq!(site.lines("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), ["t"]);
}

#[test]
fn what_nothing_can_tell_is_asked_of_a_person() {
    let Some(site) = Site::postgres() else { return };
    site.execute("CREATE TABLE t (a int); CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN INSERT INTO t VALUES (1); COMMIT; END'");
    section(&site, "r1", "", "CALL p();\nINSERT INTO t VALUES (2);", "");
    site.project.migrate("upgrade head").ok();
    assert_eq!(journal(&site), ["applied 2"]);
    site.execute("UPDATE migrate_revision SET state = 'running', statements_done = -1");
    let outcome = site.project.migrate("upgrade head").exits(1);
    assert!(outcome.stderr.contains("repair r1 --resume-at 2"), "{}", outcome.shown());
    site.project.migrate("repair r1 --resume-at 2").ok();
    site.project.migrate("upgrade head").ok();
    assert_eq!(site.lines("SELECT a FROM t ORDER BY a"), ["1", "2", "2"]);
}

#[test]
fn a_run_that_goes_on_sets_the_session_up_again() {
    let Some(site) = Site::postgres() else { return };
    site.execute("CREATE SCHEMA app");
    section(
        &site,
        "r1",
        "",
        "SET search_path = app;\nCREATE TABLE t (a int);\nINSERT INTO public.u VALUES (1);\nCREATE INDEX CONCURRENTLY i ON t (a);",
        "",
    );
    site.project.migrate("upgrade head").exits(1);
    site.execute("CREATE TABLE u (a int)");
    site.project.migrate("upgrade head").ok();
    assert_eq!(site.lines("SELECT count(*) FROM pg_indexes WHERE schemaname = 'app'"), ["1"]);
}

#[test]
fn mode_none_journals_every_section() {
    on_both(|site| {
        site.project.revision("r1", "", "CREATE TABLE a (id int);\nINSERT INTO nowhere VALUES (1);", "");
        site.project.migrate("upgrade head --transaction none").exits(1);
        assert_eq!(journal(site), ["running 1"]);
        assert!(site.has_table("a"));
    });
}

/// An index of that name that somebody else made is not what the section asks for, on the second try as on the first.
#[test]
fn a_statement_that_fails_is_not_done_on_the_second_try() {
    let Some(site) = Site::postgres() else { return };
    site.execute("CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a)");
    section(&site, "r1", "", "CREATE INDEX CONCURRENTLY i ON t (b);\nDROP INDEX CONCURRENTLY j;", "");
    for _ in 0..2 {
        let outcome = site.project.migrate("upgrade head").exits(1);
        assert!(outcome.stderr.contains("relation \"i\" already exists"), "{}", outcome.shown());
        assert_eq!(journal(&site), ["running 0"]);
    }
    site.execute("DROP INDEX i");
    for _ in 0..2 {
        let outcome = site.project.migrate("upgrade head").exits(1);
        assert!(outcome.stderr.contains("index \"j\" does not exist"), "{}", outcome.shown());
        assert_eq!(journal(&site), ["running 1"]);
    }
}

#[test]
fn a_counter_beyond_the_end_is_an_error() {
    on_both(|site| {
        section(site, "r1", "", "CREATE TABLE a (id int);\nINSERT INTO nowhere VALUES (1);", "");
        site.project.migrate("upgrade head").exits(1);
        site.execute("UPDATE migrate_revision SET statements_done = 7");
        let outcome = site.project.migrate("upgrade head").exits(1);
        assert!(outcome.stderr.contains("counts 7 of its statements, and it has 2"), "{}", outcome.shown());
    });
}

/// What a REINDEX leaves that was cut off is dropped before it runs again.
#[test]
fn half_of_a_reindex_is_cleared_away() {
    let Some(site) = Site::postgres() else { return };
    site.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1); CREATE INDEX i ON t (a)");
    section(&site, "r1", "", "REINDEX INDEX CONCURRENTLY i;", "");
    site.project.migrate("upgrade head").ok();
    assert!(site.database().psql("CREATE UNIQUE INDEX CONCURRENTLY i_ccnew ON t (a)").is_err());
    site.execute("UPDATE migrate_revision SET state = 'running', statements_done = -1, run = 'x'");
    site.project.migrate("upgrade head").ok();
    assert_eq!(
        site.lines("SELECT count(*), bool_and(indisvalid) FROM pg_index WHERE indrelid = 't'::regclass"),
        ["1|t"]
    );
}

#[test]
fn what_ended_with_its_session_is_named() {
    let Some(site) = Site::postgres() else { return };
    section(
        &site,
        "r1",
        "",
        "CREATE TEMP TABLE kept (a int);\nINSERT INTO nowhere VALUES (1);\nINSERT INTO other SELECT a FROM kept;",
        "",
    );
    site.project.migrate("upgrade head").exits(1);
    let outcome = site.project.migrate("upgrade head").exits(1);
    assert!(outcome.stderr.contains("its statement 1 created kept"), "{}", outcome.shown());
    assert!(outcome.stderr.contains("repair r1 --resume-at 1"), "{}", outcome.shown());
}

#[test]
fn an_attached_file_is_attached_again() {
    let site = Site::sqlite();
    section(
        &site,
        "r1",
        "",
        "ATTACH 'other.db' AS other;\nCREATE TABLE other.a (id int);\nINSERT INTO nowhere VALUES (1);\nINSERT INTO other.a VALUES (1);",
        "",
    );
    site.project.migrate("upgrade head").exits(1);
    site.execute("CREATE TABLE nowhere (id int)");
    site.project.migrate("upgrade head").ok();
    assert_eq!(journal(&site), ["applied 4"]);
}

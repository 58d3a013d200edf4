//! Several runs at once, and who waits for whom.

use std::time::Duration;

use super::upgrade::three;
use crate::support::site::{Blocker, PATIENCE, Site, on_both};
use crate::support::{Project, pgbouncer, server};

/// Forty revisions, every fifth of them outside transactions; each leaves a row that says that it ran.
fn forty(project: &Project, concurrently: &str, pause: &str) {
    for number in 1..=40 {
        let parent = if number == 1 { String::new() } else { format!("-- revises: r{:02}\n", number - 1) };
        let (mode, script) = match number % 5 {
            0 => (
                " no-transaction",
                format!(
                    "CREATE INDEX {concurrently} i{number} ON t{} (id);\nINSERT INTO ran VALUES ({number});",
                    number - 1
                ),
            ),
            _ => ("", format!("CREATE TABLE t{number} (id int);\nINSERT INTO ran VALUES ({number});\n{pause}")),
        };
        let script = if number == 1 { format!("CREATE TABLE ran (n int);\n{script}") } else { script };
        project.write(
            &format!("migrations/r{number:02}.sql"),
            &format!("-- revision: r{number:02}\n{parent}-- message: m\n\n-- migrate:upgrade{mode}\n{script}\n"),
        );
    }
}

#[track_caller]
fn together(project: &Project, site: &Site) {
    let runs: Vec<_> = (0..5).map(|_| project.start(["upgrade", "head"])).collect();
    let outcomes: Vec<_> = runs.into_iter().map(|run| run.wait().ok()).collect();
    assert_eq!(site.lines("SELECT n FROM ran ORDER BY n"), (1..=40).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(site.lines("SELECT count(*) FROM migrate_revision WHERE state = 'applied'"), ["40"]);
    let waited = outcomes.iter().filter(|outcome| outcome.stderr.contains("holds the lock")).count();
    assert!(waited > 0, "nobody waited: {}", outcomes[0].shown());
}

#[test]
fn each_revision_is_applied_once_on_sqlite() {
    let site = Site::sqlite();
    let busy =
        "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000) SELECT count(*) FROM c;";
    forty(&site.project, "", busy);
    together(&site.project, &site);
    assert!(!site.project.files("").iter().any(|name| name.contains("lock")), "the lock file is gone");
}

#[test]
fn each_revision_is_applied_once_on_postgres() {
    let Some(site) = Site::postgres() else { return };
    forty(&site.project, "CONCURRENTLY", "SELECT pg_sleep(0.01);");
    together(&site.project, &site);
}

#[test]
fn each_revision_is_applied_once_through_pgbouncer() {
    let Some(site) = Site::postgres() else { return };
    let Some(pool) = pgbouncer::before(site.database().server(), 8) else { return };
    let project = Project::with_url(&pool.url(site.database().name()));
    forty(&project, "CONCURRENTLY", "SELECT pg_sleep(0.01);");
    together(&project, &site);
}

#[test]
fn a_killed_holder_leaves_no_lock() {
    on_both(|site| {
        let pause = if site.is_postgres() { "SELECT pg_sleep(0.02);" } else { "" };
        forty(&site.project, if site.is_postgres() { "CONCURRENTLY" } else { "" }, pause);
        let mut first = site.project.start(["upgrade", "head"]);
        std::thread::sleep(Duration::from_millis(100));
        first.kill();
        site.project.migrate("upgrade head").ok();
        assert_eq!(site.lines("SELECT count(*), count(DISTINCT n) FROM ran"), ["40|40"]);
    });
}

#[test]
fn waiting_for_another_run_ends_and_names_it() {
    let Some(site) = Site::postgres() else { return };
    three(&site);
    let config = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &format!("{config}\n[run]\nlock_wait = \"1s\"\n"));
    site.project.revision("r0", "", "SELECT pg_sleep(300);", "");
    let mut holder = site.project.start(["upgrade", "r0"]);
    server::wait_until("the first run holds the lock", PATIENCE, || {
        site.lines(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
             WHERE l.locktype = 'advisory' AND d.datname = current_database()",
        ) == ["1"]
    });
    let outcome = site.project.migrate("upgrade r3").exits(75);
    assert!(outcome.stderr.contains("migrate upgrade, process"), "{}", outcome.shown());
    assert!(!site.has_table("users"));
    holder.kill();
}

#[test]
fn a_table_lock_is_waited_for_in_bounded_steps() {
    let Some(site) = Site::postgres() else { return };
    three(&site);
    let config = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &format!("{config}\n[run]\nlock_timeout = \"50ms\"\n"));
    site.project.migrate("upgrade r1").ok();
    let reader = Blocker::with(&site, "LOCK TABLE users IN ACCESS SHARE MODE;");
    let mut run = site.project.start(["upgrade", "r2"]);
    server::wait_until("the run gives up for a moment", PATIENCE, || run.stderr_so_far().contains("lock timeout"));
    reader.let_go();
    run.wait().ok();
    assert_eq!(site.applied().len(), 2);
}

#[test]
fn another_writer_on_an_sqlite_file_is_waited_for_and_named() {
    let site = Site::sqlite();
    three(&site);
    let config = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &format!("{config}\n[run]\nlock_wait = \"1s\"\n"));
    site.project.migrate("upgrade r1").ok();
    let other = rusqlite::Connection::open(site.project.path("app.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let outcome = site.project.migrate("upgrade head").exits(1);
    assert!(outcome.stderr.contains("another program keeps a write transaction open"), "{}", outcome.shown());
    site.project.write("migrate.toml", &format!("{config}\n[run]\nlock_wait = \"100s\"\n"));
    let waiting = site.project.start(["upgrade", "head"]);
    // Whether it has begun to wait by then or not, it must go on.
    std::thread::sleep(Duration::from_millis(300));
    other.execute_batch("COMMIT").unwrap();
    waiting.wait().ok();
    assert_eq!(site.applied().len(), 3);
}

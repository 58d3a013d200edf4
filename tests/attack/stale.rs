//! Plans that are old by the time they would run, and files that somebody has changed.

use crate::support::server::wait_until;
use crate::support::site::{Blocker, PATIENCE, Site, on_both};

/// Three revisions in a row; r2 waits while somebody has the table `gate`.
fn three(site: &Site) {
    let gate = if site.is_postgres() { "LOCK TABLE gate;" } else { "" };
    site.execute("CREATE TABLE gate (n int)");
    site.project.revision("r1", "", "CREATE TABLE a (n int);", "DROP TABLE a;");
    site.project.revision("r2", "r1", &format!("{gate}\nCREATE TABLE b (n int);"), &format!("{gate}\nDROP TABLE b;"));
    site.project.revision("r3", "r2", "CREATE TABLE c (n int);", "DROP TABLE c;");
    let config = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &format!("{config}\n[run]\nlock_timeout = \"60s\"\n"));
}

/// The rows are a closed set of the chain, and the tables are what these rows build.
fn assert_closed(site: &Site, rows: &[&str]) {
    assert_eq!(site.lines("SELECT revision FROM migrate_revision ORDER BY 1"), rows);
    for (revision, table) in [("r1", "a"), ("r2", "b"), ("r3", "c")] {
        assert_eq!(site.has_table(table), rows.contains(&revision), "table {table} with {rows:?}");
    }
}

/// Starts `first`, which stops in r2, then `second`, which plans and waits for the lock; then both go on.
fn one_behind_the_other(before: &str, first: &str, second: &str, rows: &[&str]) {
    let Some(site) = Site::postgres() else { return };
    three(&site);
    site.project.migrate(before).ok();
    let gate = Blocker::with(&site, "LOCK TABLE gate;");
    let first = site.project.start(first.split(' '));
    wait_until("the first run is in r2", PATIENCE, || {
        site.lines("SELECT count(*) FROM pg_locks WHERE relation = 'gate'::regclass AND NOT granted") == ["1"]
    });
    let mut second = site.project.start(second.split(' '));
    wait_until("the second run waits", PATIENCE, || {
        second.stderr_so_far().contains("holds the lock") || !second.is_running()
    });
    gate.let_go();
    first.wait().ok();
    second.wait().ok();
    assert_closed(&site, rows);
}

#[test]
fn a_downgrade_behind_an_upgrade_undoes_what_is_there_by_then() {
    one_behind_the_other("upgrade r1", "upgrade head", "downgrade base --yes", &[]);
    one_behind_the_other("upgrade r1", "upgrade head", "downgrade -1 --yes", &["r1", "r2"]);
}

#[test]
fn an_upgrade_behind_a_downgrade_applies_what_is_missing_by_then() {
    one_behind_the_other("upgrade r2", "downgrade base --yes", "upgrade head", &["r1", "r2", "r3"]);
}

#[test]
fn a_stamp_behind_an_upgrade_is_planned_again() {
    let Some(site) = Site::postgres() else { return };
    drop(site);
    one_behind_the_other("upgrade r1", "upgrade head", "stamp r3", &["r1", "r2", "r3"]);
}

/// What another run changes between two revisions of this one stops it: the rows are looked at in each transaction.
#[test]
fn a_revision_whose_parent_was_undone_is_not_run() {
    let Some(site) = Site::postgres() else { return };
    three(&site);
    site.project.migrate("upgrade r1").ok();
    // As a run that has lost its lock, or a script that somebody runs by hand.
    let mut other = Blocker::with(&site, "LOCK TABLE migrate_revision;");
    let run = site.project.start(["upgrade", "head"]);
    wait_until("the run looks at the version table", PATIENCE, || {
        site.lines("SELECT count(*) FROM pg_locks WHERE relation = 'migrate_revision'::regclass AND NOT granted")
            == ["1"]
    });
    other.goes_on("DELETE FROM migrate_revision; COMMIT;");
    other.let_go();
    let outcome = run.wait();
    assert!(outcome.code == Some(1) || outcome.code == Some(75), "{}", outcome.shown());
    assert!(!site.has_table("b"));
}

#[test]
fn a_downgrade_runs_what_was_stored() {
    on_both(|site| {
        site.project.revision("r1", "", "CREATE TABLE a (n int);", "DROP TABLE a;");
        site.execute("CREATE TABLE other (n int)");
        site.project.migrate("upgrade head").ok();
        site.project.revision("r1", "", "CREATE TABLE a (n int);", "DROP TABLE other;");
        let outcome = site.project.migrate("downgrade base --yes").ok();
        assert!(outcome.stderr.contains("running the downgrade that was stored"), "{}", outcome.shown());
        assert!(site.has_table("other") && !site.has_table("a"));
        site.project.migrate("upgrade head").ok();
        site.project.revision("r1", "", "CREATE TABLE a (n int);", "DROP TABLE a;\nDROP TABLE other;");
        site.project.migrate("downgrade base --yes --from-files").ok();
        assert!(!site.has_table("other") && !site.has_table("a"));
    });
}

#[test]
fn a_downgrade_of_an_edited_revision_is_refused() {
    on_both(|site| {
        site.project.revision("r1", "", "CREATE TABLE a (n int);", "DROP TABLE a;");
        site.project.migrate("upgrade head").ok();
        site.project.revision("r1", "", "CREATE TABLE other (n int);", "DROP TABLE other;");
        let outcome = site.project.migrate("downgrade base --yes").exits(1);
        assert!(outcome.stderr.contains("edited since it ran"), "{}", outcome.shown());
        assert!(site.has_table("a"));
    });
}

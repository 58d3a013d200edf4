//! `migrate stamp` and `migrate current`.

use super::upgrade::three;
use crate::support::site::{Site, on_both};

/// a ← b ← { c1 (one) ← d1, c2 (two) ← d2 }
fn fork(site: &Site) {
    let write = |id: &str, revises: &str, label: &str| {
        let parent = if revises.is_empty() { String::new() } else { format!("-- revises: {revises}\n") };
        let label = if label.is_empty() { String::new() } else { format!("-- branch-labels: {label}\n") };
        site.project.write(
            &format!("migrations/{id}.sql"),
            &format!(
                "-- revision: {id}\n{parent}{label}-- message: {id}\n\n-- migrate:upgrade\nCREATE TABLE t_{id} (id int);\n\n\
                 -- migrate:downgrade\nDROP TABLE t_{id};\n"
            ),
        );
    };
    for (id, revises, label) in [
        ("aaaa", "", ""),
        ("bbbb", "aaaa", ""),
        ("c1c1", "bbbb", "one"),
        ("d1d1", "c1c1", ""),
        ("c2c2", "bbbb", "two"),
        ("d2d2", "c2c2", ""),
    ] {
        write(id, revises, label);
    }
}

fn rows(site: &Site) -> Vec<String> {
    site.lines("SELECT revision FROM migrate_revision ORDER BY revision")
}

#[test]
fn a_database_that_has_its_tables_is_taken_over() {
    on_both(|site| {
        three(site);
        site.execute("CREATE TABLE users (id int PRIMARY KEY)");
        site.project.migrate("stamp r2").ok();
        assert_eq!(site.applied(), ["r1 stamped", "r2 stamped"]);
        site.execute("ALTER TABLE users ADD COLUMN email text");
        site.project.migrate("upgrade head").ok();
        assert_eq!(site.applied(), ["r1 stamped", "r2 stamped", "r3 applied"]);
        site.project.migrate("stamp base").ok();
        assert_eq!(rows(site), [] as [String; 0]);
    });
}

#[test]
fn stamps_leave_other_branches_alone() {
    on_both(|site| {
        fork(site);
        site.project.migrate("stamp heads").ok();
        assert_eq!(rows(site), ["aaaa", "bbbb", "c1c1", "c2c2", "d1d1", "d2d2"]);
        site.project.migrate("stamp c1c1").ok();
        assert_eq!(rows(site), ["aaaa", "bbbb", "c1c1", "c2c2", "d2d2"]);
        site.project.migrate("stamp d1d1 c2c2").ok();
        assert_eq!(rows(site), ["aaaa", "bbbb", "c1c1", "c2c2", "d1d1"]);
    });
}

#[test]
fn an_error_in_one_target_changes_nothing() {
    on_both(|site| {
        fork(site);
        site.project.migrate("stamp heads").ok();
        site.project.migrate("stamp --purge c1c1 nonsense").exits(1);
        assert_eq!(rows(site).len(), 6);
        site.execute("INSERT INTO migrate_revision (revision, message, checksum, state, applied_at, applied_by, duration_ms, tool_version) SELECT 'zzzz', message, checksum, state, applied_at, applied_by, 0, tool_version FROM migrate_revision WHERE revision = 'aaaa'");
        site.project.migrate("stamp --purge bbbb").ok();
        assert_eq!(rows(site), ["aaaa", "bbbb"]);
    });
}

#[test]
fn a_stamp_script_leaves_what_a_stamp_leaves() {
    on_both(|site| {
        fork(site);
        site.project.migrate("stamp heads").ok();
        let twin = site.twin();
        let script = twin.project.migrate("stamp heads --sql").ok().stdout;
        twin.load(&script).unwrap();
        assert_eq!(site.version_rows(), twin.version_rows());
    });
}

#[test]
fn current_names_heads_and_makes_nothing() {
    on_both(|site| {
        fork(site);
        let outcome = site.project.migrate("current").ok();
        assert!(!site.has_table("migrate_revision"), "{}", outcome.shown());
        assert!(site.is_postgres() || !site.project.path("app.db").exists());
        site.project.migrate("upgrade d1d1").ok();
        let outcome = site.project.migrate("current").ok();
        assert!(outcome.stdout.starts_with("d1d1") && outcome.stdout.lines().count() == 1, "{}", outcome.shown());
        let json = site.project.migrate("current --json").ok().json();
        assert_eq!(json["heads"][0]["revision"], "d1d1");
        site.project.migrate("current --check-heads").exits(1);
        site.project.migrate("upgrade heads").ok();
        site.project.migrate("current --check-heads").ok();
    });
}

//! `migrate verify` and `migrate repair`; files older than the database; squashed revisions.

use super::upgrade::three;
use crate::support::site::{Site, on_both};

#[test]
fn verify_reports_edits_missing_files_and_faults() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade head").ok();
        let outcome = site.project.migrate("verify").ok();
        assert!(outcome.stdout.is_empty() && outcome.stderr.contains("3 applied revisions"), "{}", outcome.shown());
        site.project.revision("r2", "r1", "SELECT 'other';", "");
        site.project.remove("migrations/r3.sql");
        site.project.revision("r9", "r8", "SELECT 1;", "");
        let outcome = site.project.migrate("verify").exits(1);
        for part in ["edited since it ran: r2", "+SELECT 'other'", "no file: r3", "revises r8"] {
            assert!(outcome.stdout.contains(part), "{part}: {}", outcome.shown());
        }
        let json = site.project.migrate("verify --json").exits(1).json();
        assert_eq!(json["edited"][0]["revision"], "r2");
        assert_eq!(json["missing"][0]["revision"], "r3");
        assert_eq!(json["faults"].as_array().map(Vec::len), Some(1));
    });
}

#[test]
fn repair_accepts_only_what_it_is_told() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade head").ok();
        site.project.revision("r1", "", "SELECT 1;", "").revision("r2", "r1", "SELECT 2;", "");
        site.project.migrate("repair r2").ok();
        let json = site.project.migrate("verify --json").exits(1).json();
        assert_eq!(json["edited"].as_array().map(Vec::len), Some(1));
        assert_eq!(json["edited"][0]["revision"], "r1");
        site.project.migrate("repair").ok();
        site.project.migrate("verify").ok();
        assert_eq!(site.lines("SELECT script FROM migrate_revision WHERE revision = 'r1'")[0].trim(), "SELECT 1;");
        let outcome = site.project.migrate("repair").ok();
        assert!(outcome.stderr.contains("nothing to do"), "{}", outcome.shown());
        site.project.migrate("repair nonsense").exits(1);
        site.project.migrate("repair r1 --forget").exits(1);
        site.project.remove("migrations/r3.sql");
        site.project.migrate("repair r3").exits(1);
        site.project.migrate("repair r3 --forget").ok();
        assert_eq!(site.applied(), ["r1 applied", "r2 applied"]);
    });
}

#[test]
fn older_files_have_nothing_to_do_on_a_newer_database_and_do_nothing_else() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade head").ok();
        site.project.remove("migrations/r3.sql");
        let outcome = site.project.migrate("upgrade head").ok();
        assert!(outcome.stderr.contains("the database has r3"), "{}", outcome.shown());
        for line in ["upgrade +1", "downgrade -1", "stamp r1"] {
            let outcome = site.project.migrate(line).exits(1);
            assert!(outcome.stderr.contains("without a file here: r3"), "{}", outcome.shown());
        }
        site.project.revision("r2b", "r1", "SELECT 1;", "");
        site.project.migrate("upgrade heads").exits(1);
        assert_eq!(site.applied().len(), 3);
    });
}

/// r1 and r2 in one.
fn squash(site: &Site) {
    for id in ["r1", "r2"] {
        site.project.remove(&format!("migrations/{id}.sql"));
    }
    site.project.write(
        "migrations/s1.sql",
        "-- revision: s1\n-- replaces: r1, r2\n-- message: both\n\n-- migrate:upgrade\n\
         CREATE TABLE users (id int PRIMARY KEY, name text DEFAULT 'a;é', email text);\n\n-- migrate:downgrade\nDROP TABLE users;\n",
    );
    site.project.revision("r3", "s1", "CREATE INDEX users_email ON users (email);", "DROP INDEX users_email;");
}

#[test]
fn a_squashed_revision_counts_when_all_that_it_replaces_does() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade r2").ok();
        squash(site);
        site.project.migrate("upgrade head").ok();
        assert_eq!(site.applied(), ["r1 applied", "r2 applied", "r3 applied"]);
        site.project.migrate("downgrade base --yes").ok();
        assert_eq!(site.applied(), [] as [String; 0]);
        assert!(!site.has_table("users"));
        site.project.migrate("upgrade head").ok();
        assert_eq!(site.applied(), ["r3 applied", "s1 applied"]);
    });
}

#[test]
fn the_version_table_may_be_in_a_schema_of_its_own() {
    let Some(site) = Site::postgres() else { return };
    three(&site);
    let config = site.project.read("migrate.toml").replace("[database]", "[database]\nversion_table = 'ops.Versions'");
    site.project.write("migrate.toml", &config);
    let outcome = site.project.migrate("upgrade head").exits(1);
    assert!(outcome.stderr.contains("CREATE SCHEMA"), "{}", outcome.shown());
    site.execute("CREATE SCHEMA ops");
    site.project.migrate("upgrade head").ok();
    assert_eq!(site.lines("SELECT count(*) FROM ops.\"Versions\""), ["3"]);
}

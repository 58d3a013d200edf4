//! What a command says, or does not refuse, is so: options that would be ignored, folders and schemas that are not there,
//! version tables with holes.

use super::upgrade::three;
use crate::support::Project;
use crate::support::site::{Site, on_both};

#[test]
fn the_options_of_a_script_never_run_the_command() {
    on_both(|site| {
        three(site);
        for line in
            ["upgrade -o up.sql", "upgrade --dialect sqlite", "stamp r1 -o s.sql", "stamp r1 --dialect postgresql"]
        {
            let outcome = site.project.migrate(line).exits(2);
            assert!(outcome.stderr.contains("requires --sql"), "{line}: {}", outcome.shown());
        }
        assert!(!site.has_table("users") && !site.has_table("migrate_revision"));
        site.project.migrate("upgrade head").ok();
        site.project.migrate("downgrade base -o down.sql").exits(2);
        assert_eq!(site.applied().len(), 3);
        site.project.migrate("upgrade head --sql -o up.sql").ok();
        assert!(site.project.read("up.sql").contains("CREATE TABLE users"));
    });
}

#[test]
fn a_missing_folder_of_revisions_is_never_green() {
    let project = Project::sqlite();
    let settings = project.read("migrate.toml");
    project.write("migrate.toml", &format!("[migrate]\nrevisions = [\"migratoins\"]\n\n{settings}"));
    for line in ["upgrade head", "current -k", "heads", "verify", "history", "sql head"] {
        let outcome = project.migrate(line).exits(1);
        assert!(
            outcome.stderr.contains("the revisions folder migratoins does not exist"),
            "{line}: {}",
            outcome.shown()
        );
    }
    // A new revision makes its folder.
    project.migrate("revision -m first").ok();
    project.migrate("upgrade head").ok();
}

#[test]
fn an_applied_file_that_is_edited_and_broken_stops_an_upgrade() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade head").ok();
        let edited = "CREATE TABLE users (id bigint);\n-- migrate:unles table z";
        site.project.revision("r1", "", edited, "");
        let outcome = site.project.migrate("upgrade head").exits(1);
        assert!(outcome.stderr.contains("migrate:unles"), "{}", outcome.shown());
        site.project.migrate("repair r1").exits(1);
        site.project.migrate("repair").exits(1);
    });
}

#[test]
fn a_merge_conflict_is_called_one_and_never_accepted() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade head").ok();
        let conflict =
            "<<<<<<< HEAD\nCREATE TABLE users (id int);\n=======\nCREATE TABLE users (id bigint);\n>>>>>>> other";
        site.project.revision("r1", "", conflict, "");
        for line in ["upgrade head", "repair r1", "repair", "verify"] {
            let outcome = site.project.migrate(line).exits(1);
            let said = format!("{}{}", outcome.stdout, outcome.stderr);
            assert!(said.contains("a merge conflict is left in this file"), "{line}: {}", outcome.shown());
            assert!(said.contains("r1.sql:6"), "{line}: {}", outcome.shown());
        }
    });
    let project = Project::sqlite();
    let settings = project.read("migrate.toml");
    project.write("migrate.toml", &format!("<<<<<<< HEAD\n{settings}=======\n>>>>>>> other\n"));
    let outcome = project.migrate("heads").exits(1);
    assert!(outcome.stderr.contains("a merge conflict is left in this file"), "{}", outcome.shown());
}

#[test]
fn a_hole_in_the_version_table_is_seen() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade head").ok();
        site.execute("DELETE FROM migrate_revision WHERE revision = 'r1'");
        let outcome = site.project.migrate("verify").exits(1);
        assert!(outcome.stdout.contains("not applied: r1, but r2, which needs it, is"), "{}", outcome.shown());
        assert_eq!(site.project.migrate("verify --json").exits(1).json()["gaps"][0]["revision"], "r1");
        let outcome = site.project.migrate("current").ok();
        assert!(outcome.stderr.contains("r1 is not applied, but r2, which needs it, is"), "{}", outcome.shown());
        site.project.migrate("current -k").exits(1);
        assert!(site.project.migrate("check").stderr.contains("r1 is not applied, but r2, which needs it, is"));
    });
}

#[test]
fn current_says_how_far_behind_it_is() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade r1").ok();
        let outcome = site.project.migrate("current").ok();
        assert_eq!((outcome.stdout.trim(), outcome.stderr.trim()), ("r1  r1", "2 revisions behind head"));
        site.project.migrate("upgrade +1").ok();
        assert_eq!(site.project.migrate("current").ok().stderr.trim(), "1 revision behind head");
        let outcome = site.project.migrate("upgrade r1").ok();
        assert!(outcome.stderr.contains("r1 is already included (the database is at r2)"), "{}", outcome.shown());
    });
}

#[test]
fn an_interrupted_revision_is_not_marked_as_applied() {
    on_both(|site| {
        site.project.write(
            "migrations/r1.sql",
            "-- revision: r1\n-- migrate:upgrade no-transaction\nCREATE TABLE a (id int);\nSELECT * FROM nowhere;\nSELECT 1;\n",
        );
        site.project.migrate("upgrade head").exits(1);
        let words = "interrupted after 1 of 3 statements";
        assert_eq!(site.project.migrate("history -i").ok().stdout.trim(), format!("<base> -> r1 (head) ({words})"));
        assert!(site.project.migrate("current").ok().stdout.contains(words));
        assert!(site.project.migrate("verify").exits(1).stdout.contains(words));
    });
}

#[test]
fn a_schema_that_is_not_there_is_never_green() {
    let Some(site) = Site::postgres() else { return };
    let settings = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &format!("{settings}schemas = [\"nosuch\"]\n"));
    for line in ["check", "inspect", "diff live live"] {
        let outcome = site.project.migrate(line).exits(1);
        assert!(outcome.stderr.contains("there is no schema nosuch"), "{line}: {}", outcome.shown());
    }
}

#[test]
fn version_tables_of_tenants_are_left_alone() {
    let Some(site) = Site::postgres() else { return };
    site.execute("CREATE SCHEMA ops; CREATE SCHEMA t1; CREATE SCHEMA t2");
    let settings = site.project.read("migrate.toml");
    site.project.revision("r1", "", "SELECT 1;", "");
    for table in ["t1.v", "t2.migrate_revision", "ops.versions"] {
        site.project.write("migrate.toml", &format!("{settings}schemas = [\"*\"]\nversion_table = \"{table}\"\n"));
        site.project.migrate("upgrade head").ok();
    }
    let outcome = site.project.migrate("check");
    assert!(!outcome.stdout.contains("table"), "{}", outcome.shown());
    // What replays the revisions needs no schema for the version table.
    site.project.migrate("inspect revisions").ok();
    let outcome = site.project.migrate("stamp head --verify").exits(1);
    assert!(outcome.stderr.contains("create schema ops") && !outcome.stderr.contains("table"), "{}", outcome.shown());
}

#[test]
fn a_script_warns_of_what_only_the_url_sets() {
    let Some(site) = Site::postgres() else { return };
    three(&site);
    let url = format!("{}&options=-c%20search_path%3Dt1", site.database().url());
    let settings = site.project.read("migrate.toml").replace(&site.database().url(), &url);
    site.project.write("migrate.toml", &settings);
    let outcome = site.project.migrate("upgrade head --sql").ok();
    assert!(outcome.stdout.starts_with("-- WARNING: "), "{}", outcome.shown());
    assert!(outcome.stdout.contains("PGOPTIONS='-c search_path=t1'"), "{}", outcome.shown());
}

#[test]
fn a_stamp_of_one_branch_leaves_the_others() {
    on_both(|site| {
        site.project.revision("t001", "", "SELECT 1;", "").revision("t002", "t001", "SELECT 1;", "");
        site.project.write(
            "migrations/c001.sql",
            "-- revision: c001\n-- branch-labels: billing\n-- depends-on: t002\n-- migrate:upgrade\nSELECT 1;\n",
        );
        site.project.migrate("upgrade heads").ok();
        site.project.migrate("stamp billing@base").ok();
        assert_eq!(site.applied(), ["t001 applied", "t002 applied"]);
    });
}

#[test]
fn a_missing_parent_is_named_before_its_consequences() {
    on_both(|site| {
        three(site);
        site.project.remove("migrations/r2.sql");
        for line in ["upgrade head", "revision -m x"] {
            let outcome = site.project.migrate(line).exits(1);
            assert!(outcome.stderr.contains("r3 revises r2, which has no file"), "{line}: {}", outcome.shown());
        }
    });
}

#[test]
fn a_revision_for_another_database_says_that_nothing_ran() {
    on_both(|site| {
        let other = if site.is_postgres() { "sqlite" } else { "postgresql" };
        let text = format!("-- revision: r1\n-- migrate:upgrade {other}\nSELECT 1;\n");
        site.project.write("migrations/r1.sql", &text);
        let outcome = site.project.migrate("upgrade head").ok();
        assert!(outcome.stderr.contains("r1: nothing to run"), "{}", outcome.shown());
    });
}

#[test]
fn more_detail_shows_every_statement() {
    on_both(|site| {
        three(site);
        let outcome = site.project.migrate("upgrade head -v").ok();
        for part in ["r2 to upgrade: 2 statements of migrations/r2.sql", "1/2  ALTER TABLE users ADD COLUMN email text"]
        {
            assert!(outcome.stderr.contains(part), "{}", outcome.shown());
        }
        assert!(!site.project.migrate("downgrade base --yes").ok().stderr.contains("DROP TABLE"));
    });
}

#[test]
fn a_rename_off_a_terminal_is_hinted_at() {
    on_both(|site| {
        let table = if site.is_postgres() { "public.users" } else { "users" };
        site.project.revision("r1", "", "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);", "");
        site.project.migrate("upgrade head").ok();
        site.project.write("models/users.sql", "CREATE TABLE users (id int PRIMARY KEY, full_name text NOT NULL);");
        let option = format!("--rename {table}.name={table}.full_name");
        for line in ["check", "revision --autogenerate -m x --rev-id r2"] {
            let outcome = site.project.migrate(line);
            assert!(outcome.stderr.contains(&option), "{line}: {}", outcome.shown());
        }
        site.project.remove("migrations/2026-11-21_r2_x.sql");
        let line = format!("revision --autogenerate -m x {option}");
        assert!(site.project.migrate(&line).ok().stderr.contains("rename column"));
    });
}

#[test]
fn a_type_that_sqlite_does_not_know_is_doubted() {
    let site = Site::sqlite();
    site.project.write("models/t.toml", "[table.t.column]\nid = { type = \"bigintt\" }\ns = { type = \"string\" }\n");
    let outcome = site.project.migrate("check").exits(1);
    for part in ["did you mean bigint?", "did you mean text?"] {
        assert!(outcome.stderr.contains(part), "{}", outcome.shown());
    }
}

#[test]
fn who_may_not_make_databases_prints_the_schema_all_the_same() {
    let Some(site) = Site::postgres() else { return };
    let role = format!("{}_reader", site.database().name());
    site.execute(&format!("CREATE ROLE {role} LOGIN; CREATE TABLE t (id int); GRANT SELECT ON t TO {role}"));
    let url = site.database().url().replace("postgres@", &format!("{role}@"));
    let outcome = site.project.run(["inspect", "--url", &url]).ok();
    assert!(outcome.stdout.contains("CREATE TABLE public.t"), "{}", outcome.shown());
    assert!(!outcome.stdout.contains("CREATE SCHEMA"), "{}", outcome.shown());
    assert!(outcome.stderr.contains("are assumed to exist in every database"), "{}", outcome.shown());
    site.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_servers_own_database_is_never_dropped() {
    let Some(site) = Site::postgres() else { return };
    for name in ["postgres", "template1"] {
        let url = site.database().url().replace(site.database().name(), name);
        let outcome = site.project.run(["database", "drop", "--yes", "--url", &url]).exits(1);
        assert!(outcome.stderr.contains("belongs to the server itself"), "{}", outcome.shown());
    }
}

#[test]
fn errors_name_their_file_and_no_temporary_one() {
    let project = Project::sqlite();
    project.revision("r1", "", "SELECT 1;", "SELECT 1;");
    let outcome = project.migrate("sql head -o nowhere/x.sql").exits(1);
    assert!(!outcome.stderr.contains(".migrate-"), "{}", outcome.shown());
    assert!(project.migrate("heads -c models").exits(1).stderr.contains("there is no migrate.toml in models"));
    let outcome = project.migrate("sql r1:base").ok();
    assert!(outcome.stdout.contains("downgrade from r1 to base"), "{}", outcome.shown());
    let outcome = project.migrate("upgrade r1:base --sql").exits(2);
    assert!(outcome.stderr.contains("goes down"), "{}", outcome.shown());
    assert!(project.migrate("diff live ./nosuch.toml").exits(2).stderr.contains("there is no file ./nosuch.toml"));
    assert!(project.migrate("revision --empty").exits(2).stderr.contains("--empty requires --autogenerate"));
    let settings = project.read("migrate.toml");
    project.write("migrate.toml", &format!("{settings}version_table = \"a.b.c\"\n"));
    assert!(project.migrate("current").exits(1).stderr.contains("has too many parts"));
}

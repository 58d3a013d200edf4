//! `migrate database`.

use insta::assert_snapshot;

use crate::support::{Project, postgres};

#[test]
fn a_missing_database_is_made_once_and_dropped() {
    let Some(beside) = postgres::database() else { return };
    let name = format!("{}_made", beside.name());
    let project = Project::with_url(&beside.server().url(&name));
    let there = || beside.lines(&format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'"));
    assert_eq!(project.migrate("database create --json").ok().json()["created"], true);
    assert_eq!(there(), ["1"]);
    assert_eq!(project.migrate("database create --json").ok().json()["created"], false);
    project.migrate("database wait --timeout 5").ok();
    // Nobody can be asked here.
    project.migrate("database drop").exits(2);
    assert_eq!(there(), ["1"]);
    assert_eq!(project.migrate("database drop --yes --json").ok().json()["dropped"], true);
    assert_eq!(there(), ["0"]);
    assert_eq!(project.migrate("database drop --yes --json").ok().json()["dropped"], false);
}

#[test]
fn a_role_that_is_not_there_is_named() {
    let Some(database) = postgres::database() else { return };
    let project = Project::postgres(&database);
    assert_snapshot!(project.migrate("database create --grant-to nobody_here").shown(), @r#"
    | error: granting nobody_here what an application needs: role "nobody_here" does not exist
    |   SQLSTATE: 42704
    |   hint: there is no role nobody_here on the server; CREATE ROLE nobody_here LOGIN PASSWORD '…' first
    [exit 1]
    "#);
}

#[test]
fn an_sqlite_file_is_made_and_removed() {
    let project = Project::sqlite();
    project.migrate("database create").ok();
    assert!(project.path("app.db").is_file());
    project.migrate("database drop --yes").ok();
    assert!(!project.path("app.db").exists());
    assert_snapshot!(project.migrate("database create --grant-to somebody").shown(), @r#"
    | error: SQLite has no roles, so nothing can be granted to somebody; leave --grant-to out
    [exit 1]
    "#);
}

#[test]
fn waiting_ends() {
    let project = Project::with_url("postgresql://somebody:s3cret@127.0.0.1:1/nothing");
    let outcome = project.migrate("database wait --timeout 1").exits(1);
    assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains("s3cret"));
}

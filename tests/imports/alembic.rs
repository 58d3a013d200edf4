//! An Alembic project with a batch rebuild, a data migration, branches, an enum and an autocommit block.

use std::time::Duration;

use std::path::Path;
use std::process::Command;

use super::super::support::server::wait_until;
use super::super::support::{Project, judge, postgres, python::python, repository, sqlite};
use super::{history, ids, project};

const ALL: [&str; 5] = ["a1aaaaaaaaaa", "b1aaaaaaaaaa", "c1aaaaaaaaaa", "d1aaaaaaaaaa", "e1aaaaaaaaaa"];

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the fixture is there").flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() { copy(&path, &to) } else { _ = std::fs::copy(&path, &to).expect("a copy") }
    }
}

/// A project with the Alembic project beside its migrate.toml.
fn with_alembic(url: &str) -> Project {
    let project = project(url);
    copy(&repository().join("tests/imports/alembic"), project.folder());
    project
}

/// Runs Alembic itself on `url` (in SQLAlchemy's spelling) and returns what it printed.
fn alembic(project: &Project, python: &Path, url: &str, line: &str) -> String {
    let output = Command::new(python)
        .args(["-m", "alembic", "-x", &format!("url={url}")])
        .args(line.split(' '))
        .current_dir(project.folder())
        .output()
        .expect("Alembic starts");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn import(project: &Project, python: &Path, more: &str) -> serde_json::Value {
    let python = python.display().to_string();
    let arguments = ["import", "alembic", "--json", "--python", &python];
    project.run(arguments.into_iter().chain(more.split(' ').filter(|word| !word.is_empty()))).ok().json()
}

fn file_of(project: &Project, id: &str) -> String {
    let name = project.files("revisions").into_iter().find(|name| name.contains(id)).expect("a file of that revision");
    project.read(&format!("revisions/{name}"))
}

#[test]
fn what_alembic_prints_becomes_sections_and_the_rest_is_said() {
    let Some(python) = python() else { return };
    let project = with_alembic("sqlite://app.db");
    let report = import(&project, &python, "--files-only --dialect postgresql,sqlite");
    let mut found = ids(&report);
    found.sort();
    assert_eq!(found, ALL);

    let first = file_of(&project, ALL[0]);
    assert!(
        first.starts_with("-- revision: a1aaaaaaaaaa\n-- created: 2023-01-01T10:00:00Z\n-- message: first\n"),
        "{first}"
    );
    assert!(first.contains("CREATE TYPE mood AS ENUM ('sad', 'ok');"), "{first}");
    assert!(first.contains("'o''x:y%z'"), "values are written as they are: {first}");
    assert!(first.contains("CONSTRAINT uq_t_name UNIQUE"), "env.py's naming conventions count: {first}");
    assert!(
        first.contains("-- migrate:if type mood\nDROP TYPE mood;\n-- migrate:end"),
        "checkfirst is a guard: {first}"
    );

    let reads = file_of(&project, ALL[2]);
    assert!(
        reads.contains("-- revises: b1aaaaaaaaaa\n-- branch-labels: side\n-- created: 2023-01-03T08:00:00Z"),
        "{reads}"
    );
    assert!(reads.contains("it reads rows from the database") && !reads.contains("migrate:downgrade"), "{reads}");
    let kind = file_of(&project, ALL[3]);
    assert!(kind.contains("-- migrate:upgrade postgresql no-transaction\n-- migrate:unless type kind\n"), "{kind}");
    let merge = file_of(&project, ALL[4]);
    assert!(
        merge.contains("-- revises: c1aaaaaaaaaa, d1aaaaaaaaaa\n") && merge.contains("-- migrate:upgrade\n"),
        "{merge}"
    );

    // What could not be printed refuses to run; it is not left out in silence.
    let refused = project.migrate("upgrade heads").exits(1);
    assert!(refused.stderr.contains("could not print revision b1aaaaaaaaaa"), "{}", refused.stderr);
}

#[test]
fn a_database_of_alembics_is_taken_over_where_it_stands() {
    let Some(python) = python() else { return };
    let project = with_alembic("sqlite://app.db");
    let url = format!("sqlite:///{}", project.path("app.db").display());
    alembic(&project, &python, &url, "upgrade c1aaaaaaaaaa");
    alembic(&project, &python, &url, "upgrade d1aaaaaaaaaa");
    let report = import(&project, &python, "--record");
    assert_eq!(history(&report).len(), 4);
    let rows = sqlite::lines(&project.path("app.db"), "SELECT revision FROM migrate_revision ORDER BY 1");
    assert_eq!(rows, ALL[..4]);
    let current = project.migrate("current").ok().stdout;
    for row in alembic(&project, &python, &url, "current").lines() {
        let id = row.split(' ').next().unwrap_or_default();
        assert!(current.contains(id), "{id} is not in {current}");
    }
    project.migrate("verify").ok();
    project.migrate("upgrade head").ok();
    let same = project.migrate("diff live revisions").ok();
    assert!(!same.stdout.contains("alembic_version"), "{}", same.stdout);
    let rows = sqlite::lines(
        &project.path("app.db"),
        "SELECT revision || state FROM migrate_revision ORDER BY 1 DESC LIMIT 1",
    );
    assert_eq!(rows, ["e1aaaaaaaaaaapplied"]);
}

#[test]
fn a_recorded_project_builds_what_alembic_builds_on_sqlite() {
    let Some(python) = python() else { return };
    let project = with_alembic("sqlite://app.db");
    let theirs = project.path("theirs.db");
    alembic(&project, &python, &format!("sqlite:///{}", theirs.display()), "upgrade head");
    sqlite::execute(&theirs, "DROP TABLE alembic_version");
    let report = import(&project, &python, "--record --files-only");
    let notes = report["revisions"].to_string();
    assert!(notes.contains("what it does to rows that are there is not in it"), "{notes}");
    project.migrate("upgrade head").ok();
    let (wanted, found) = (judge::sqlite(&theirs), judge::sqlite(&project.path("app.db")));
    assert_eq!(wanted, found, "{}", judge::difference(&wanted, &found));
    assert_eq!(
        sqlite::lines(&theirs, "SELECT name FROM t"),
        sqlite::lines(&project.path("app.db"), "SELECT name FROM t")
    );
    // The way back of what was recorded works as well, down to what Alembic can't undo either.
    project.migrate("downgrade c1aaaaaaaaaa").ok();
    let refused = project.migrate("downgrade base").exits(1);
    assert!(refused.stderr.contains("c1aaaaaaaaaa"), "{}", refused.stderr);
}

#[test]
fn a_recorded_project_builds_what_alembic_builds_on_postgresql() {
    let Some(python) = python() else { return };
    let (Some(theirs), Some(ours)) = (postgres::database(), postgres::database()) else { return };
    let project = with_alembic(&ours.url());
    alembic(&project, &python, &theirs.url().replace("postgresql:", "postgresql+psycopg2:"), "upgrade head");
    theirs.execute("DROP TABLE alembic_version");
    let report = import(&project, &python, "--record --files-only");
    assert!(!report["revisions"].to_string().contains("recording it failed: Op"), "{report}");
    project.migrate("upgrade head").ok();
    let (wanted, found) = (judge::postgres(&theirs.dump()), judge::postgres(&ours.dump()));
    assert_eq!(wanted, found, "{}", judge::difference(&wanted, &found));
    let left = "SELECT datname FROM pg_database WHERE datname LIKE 'migrate_record%'";
    // Other tests record on the same server.
    wait_until("the throw-away databases are gone", Duration::from_secs(60), || ours.lines(left).is_empty());
}

#[test]
fn alembics_table_is_kept_in_step_online_and_offline() {
    let Some(python) = python() else { return };
    let project = with_alembic("sqlite://app.db");
    let file = project.path("app.db");
    let url = format!("sqlite:///{}", file.display());
    alembic(&project, &python, &url, "upgrade b1aaaaaaaaaa");
    import(&project, &python, "--record --keep-alembic-version");
    assert!(project.read("migrate.toml").contains("alembic_version_table = \"alembic_version\""));
    let rows = |file: &Path| sqlite::lines(file, "SELECT version_num FROM alembic_version ORDER BY 1");
    project.migrate("upgrade head").ok();
    assert_eq!(rows(&file), ["e1aaaaaaaaaa"]);
    project.migrate("downgrade c1aaaaaaaaaa").ok();
    assert_eq!(rows(&file), ["c1aaaaaaaaaa", "d1aaaaaaaaaa"]);
    assert!(alembic(&project, &python, &url, "current").contains("c1aaaaaaaaaa"));
    project.migrate("stamp b1aaaaaaaaaa").ok();
    assert_eq!(rows(&file), ["b1aaaaaaaaaa"]);

    let script = project.migrate("upgrade head --sql").ok().stdout;
    let offline = project.path("offline.db");
    sqlite::shell(&offline, &script).expect("the script runs");
    assert_eq!(rows(&offline), ["e1aaaaaaaaaa"]);

    // A new revision of this tool's goes on from there.
    project.run(["revision", "-m", "more", "--rev-id", "f1aaaaaaaaaa"]).ok();
    project.migrate("stamp e1aaaaaaaaaa").ok();
    project.migrate("upgrade head").ok();
    assert_eq!(rows(&file), ["f1aaaaaaaaaa"]);
}

#[test]
fn an_env_py_that_fails_is_told_and_can_be_done_without() {
    let Some(python) = python() else { return };
    let project = with_alembic("sqlite://app.db");
    project.write("alembic/env.py", "import os\nos.environ['NO_SUCH_VARIABLE']\n");
    let python = python.display().to_string();
    let refused = project.run(["import", "alembic", "--files-only", "--python", &python]).exits(1);
    assert!(refused.stderr.contains("NO_SUCH_VARIABLE"), "{}", refused.stderr);
    project.run(["import", "alembic", "--files-only", "--without-env", "--python", &python]).ok();
    assert_eq!(project.files("revisions").len(), 5);
}

#[test]
fn a_database_beyond_the_project_is_refused() {
    let Some(python) = python() else { return };
    let project = with_alembic("sqlite://app.db");
    sqlite::execute(
        &project.path("app.db"),
        "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('ffff')",
    );
    let python = python.display().to_string();
    let refused = project.run(["import", "alembic", "--python", &python]).exits(1);
    assert!(refused.stderr.contains("ffff"), "{}", refused.stderr);
    assert!(!project.path("revisions").exists());
}

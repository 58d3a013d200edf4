//! The support code is tested too: a judge that sees nothing would let everything pass.

use crate::support::{Project, judge, pgbouncer, postgres, python::python, sqlite};

#[test]
fn a_database_is_fresh_and_can_be_judged() {
    let (Some(one), Some(other)) = (postgres::database(), postgres::database()) else { return };
    assert_eq!(judge::postgres(&one.dump()), judge::postgres(&other.dump()));
    one.execute("CREATE TABLE a (x int PRIMARY KEY, y text DEFAULT 'b'); INSERT INTO a VALUES (1), (2)");
    other.execute("CREATE TABLE a (x int, y text DEFAULT 'b', PRIMARY KEY (x))");
    assert_eq!(judge::difference(&judge::postgres(&one.dump()), &judge::postgres(&other.dump())), "");
    other.execute("ALTER TABLE a ALTER y SET DEFAULT 'c'");
    assert!(judge::difference(&judge::postgres(&one.dump()), &judge::postgres(&other.dump())).contains("'c'"));
    assert_eq!(one.row_counts(), [("public.a".to_owned(), 2)]);
    assert_eq!(one.lines("SELECT * FROM a ORDER BY x"), ["1|b", "2|b"]);
    assert_eq!(one.psql("SELECT 1; SELECT 2;"), Ok("1\n2\n".to_owned()));
    assert!(one.psql("SELECT 1;\nSELECT nothing;\nSELECT 2").unwrap_err().contains("<stdin>:2:"));
    assert!(one.server().try_execute(one.name(), "SELECT 1/0").unwrap_err().starts_with("22012"));
}

#[test]
fn a_server_of_ones_own_survives_a_crash() {
    let Some(server) = crate::support::server::own(&["max_locks_per_transaction = 10"]) else { return };
    let database = postgres::Database::on(&server);
    database.execute("CREATE TABLE a (x int)");
    server.crash();
    assert!(database.try_execute("SELECT 1").is_err());
    server.start();
    assert_eq!(database.lines("SHOW max_locks_per_transaction"), ["10"]);
    assert_eq!(database.row_counts(), [("public.a".to_owned(), 0)]);
}

#[test]
fn a_project_is_run_in_its_own_world() {
    let project = Project::sqlite();
    project.revision("0001", "", "CREATE TABLE a (x int);", "DROP TABLE a;");
    assert_eq!(project.files("migrations"), ["0001.sql"]);
    assert!(project.read("migrations/0001.sql").contains("-- migrate:downgrade\nDROP TABLE a;"));
    let outcome = project.migrate("no-such-command").exits(2);
    assert!(outcome.stdout.is_empty());
    let file = project.path("app.db");
    assert!(sqlite::shell(&file, "CREATE TABLE a (x);\nINSERT INTO a VALUES (1), (NULL), (x'00ff');").is_ok());
    assert_eq!(sqlite::lines(&file, "SELECT x FROM a"), ["1", "", "x'00ff'"]);
    assert_eq!(sqlite::row_counts(&file), [("a".to_owned(), 3)]);
    assert!(sqlite::shell(&file, "SELECT nothing;").is_err());
}

#[test]
fn a_pool_stands_before_the_server() {
    let Some(database) = postgres::database() else { return };
    let Some(pool) = pgbouncer::before(database.server(), 2) else { return };
    let psql = |sql: &str| {
        let mut psql = database.server().program("psql");
        let output = psql.args(["-X", "-At", &pool.url(database.name()), "-c", sql]).output().expect("psql runs");
        (
            String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    assert_eq!(psql("SELECT current_database()"), (database.name().to_owned(), String::new()));
}

#[test]
fn the_python_of_the_tests_has_what_they_need() {
    let Some(python) = python() else { return };
    let output = std::process::Command::new(python).args(["-c", "import sqlalchemy, alembic; print('yes')"]).output();
    assert_eq!(String::from_utf8_lossy(&output.expect("Python runs").stdout).trim(), "yes");
}

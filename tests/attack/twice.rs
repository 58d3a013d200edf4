//! Two runs at work on one revision: the second waits for the statements of the first, and takes over.

use crate::support::project::Running;
use crate::support::server::wait_until;
use crate::support::site::{Blocker, PATIENCE, Site};
use crate::support::{pgbouncer, sqlite};

/// Waits until a statement of the tool's waits for a lock.
fn waits(site: &Site, what: &str) {
    wait_until(what, PATIENCE, || {
        site.lines(&format!(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%{what}%'"
        )) == ["1"]
    });
}

fn reports(run: &mut Running, words: &str) {
    wait_until(words, PATIENCE, || run.stderr_so_far().contains(words));
}

fn section(site: &Site, text: &str) {
    site.project.write(
        "migrations/r1.sql",
        &format!("-- revision: r1\n\n-- migrate:upgrade no-transaction\n{text}\n\n-- migrate:downgrade no-transaction\n{text}\n"),
    );
    let config = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &format!("{config}\n[run]\nlock_timeout = \"60s\"\n"));
}

/// kill -9 of a run whose statement goes on in the server, and the same command at once.
#[test]
fn a_statement_that_outlives_its_run_is_waited_for() {
    for command in ["upgrade head", "downgrade base --yes"] {
        let Some(site) = Site::postgres() else { return };
        site.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (0)");
        section(&site, "UPDATE t SET n = n + 1;\nUPDATE t SET n = n + 10;");
        let mut expected = 11;
        if command.starts_with("downgrade") {
            site.project.migrate("upgrade head").ok();
            expected += 11;
        }
        let blocker = Blocker::with(&site, "SELECT * FROM t FOR UPDATE;");
        let mut first = site.project.start(command.split(' '));
        waits(&site, "UPDATE t SET n = n + 1;");
        first.kill();
        let mut second = site.project.start(command.split(' '));
        reports(&mut second, "still running");
        assert!(second.is_running());
        blocker.let_go();
        second.wait().ok();
        assert_eq!(site.lines("SELECT n FROM t"), [expected.to_string()]);
    }
}

/// The same through a transaction-pooling PgBouncer, where a server process says nothing about its client.
#[test]
fn a_statement_that_outlives_its_run_is_waited_for_behind_a_pool() {
    let Some(site) = Site::postgres() else { return };
    let Some(pool) = pgbouncer::before(site.database().server(), 8) else { return };
    let url = pool.url(site.database().name());
    site.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (0)");
    section(&site, "UPDATE t SET n = n + 1;\nVACUUM t;\nUPDATE t SET n = n + 10;");
    let blocker = Blocker::with(&site, "SELECT * FROM t FOR UPDATE;");
    let mut first = site.project.start(["upgrade", "head", "--url", &url]);
    waits(&site, "UPDATE t SET n = n + 1;");
    first.kill();
    let mut second = site.project.start(["upgrade", "head", "--url", &url]);
    reports(&mut second, "still running");
    blocker.let_go();
    second.wait().ok();
    assert_eq!(site.lines("SELECT n FROM t"), ["11"]);
}

/// An index that is still being built when its run was killed.
#[test]
fn an_index_build_that_outlives_its_run_is_waited_for() {
    let Some(site) = Site::postgres() else { return };
    site.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (0)");
    section(&site, "CREATE INDEX CONCURRENTLY i ON t (n);\nUPDATE t SET n = n + 1;");
    let blocker = Blocker::with(&site, "UPDATE t SET n = 5;");
    let mut first = site.project.start(["upgrade", "head"]);
    waits(&site, "CREATE INDEX CONCURRENTLY");
    first.kill();
    let mut second = site.project.start(["upgrade", "head"]);
    reports(&mut second, "still running");
    blocker.let_go();
    second.wait().ok();
    assert_eq!(site.lines("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), ["t"]);
    assert_eq!(site.lines("SELECT n FROM t"), ["1"]);
}

/// The session that holds the lock ends while a statement runs: the run stops before its next one.
#[test]
fn a_run_that_lost_the_lock_stops_before_its_next_statement() {
    let Some(site) = Site::postgres() else { return };
    site.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (0)");
    section(&site, "UPDATE t SET n = n + 1;\nUPDATE t SET n = n + 10;\nUPDATE t SET n = n + 100;");
    let blocker = Blocker::with(&site, "SELECT * FROM t FOR UPDATE;");
    let first = site.project.start(["upgrade", "head"]);
    waits(&site, "UPDATE t SET n = n + 1;");
    let ended = site.lines(
        "SELECT pg_terminate_backend(l.pid, 5000) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
         WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()",
    );
    assert_eq!(ended, ["t"]);
    let mut second = site.project.start(["upgrade", "head"]);
    reports(&mut second, "still running");
    blocker.let_go();
    let first = first.wait().exits(75);
    assert!(
        first.stderr.contains("after statement 1 of 3"),
        "the lock was lost, or another run took over: {}",
        first.shown()
    );
    second.wait().ok();
    assert_eq!(site.lines("SELECT n FROM t"), ["111"]);
}

/// A role's `transaction_timeout` does not end the transaction that holds the lock.
#[test]
fn time_limits_of_the_role_do_not_end_the_lock() {
    let Some(site) = Site::postgres() else { return };
    let database = site.database();
    let mut limits = vec!["idle_in_transaction_session_timeout", "idle_session_timeout"];
    if database.server().major >= 17 {
        limits.push("transaction_timeout");
    }
    for limit in limits {
        database.execute(&format!("ALTER DATABASE {} SET {limit} = '700ms'", database.name()));
    }
    site.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (0)");
    let slow = "UPDATE t SET n = n + 1 WHERE pg_sleep(0.5) IS NOT NULL;\n".repeat(3);
    section(&site, &slow);
    let runs: Vec<_> = (0..2).map(|_| site.project.start(["upgrade", "head"])).collect();
    runs.into_iter().for_each(|run| _ = run.wait().ok());
    assert_eq!(site.lines("SELECT n FROM t"), ["3"]);
}

/// One SQLite file under several names has one lock, and where it has not, no statement runs twice.
#[test]
fn a_sqlite_file_has_one_lock_whatever_its_name() {
    let slow = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 300000) \
                INSERT INTO t SELECT 1 FROM c WHERE x = 300000;\n";
    for name in ["symlink.db", "hard.db", "uri", "dots"] {
        let site = Site::sqlite();
        site.execute("CREATE TABLE t (n int)");
        section(&site, &slow.repeat(4));
        let file = site.project.path("app.db");
        let url = match name {
            "symlink.db" => {
                std::os::unix::fs::symlink(&file, site.project.path(name)).unwrap();
                format!("sqlite:///{name}")
            }
            "hard.db" => {
                std::fs::hard_link(&file, site.project.path(name)).unwrap();
                format!("sqlite:///{name}")
            }
            "uri" => format!("sqlite:///file:{}", file.display()),
            _ => "sqlite:///migrations/../app.db".to_owned(),
        };
        let first = site.project.start(["upgrade", "head"]);
        let second = site.project.start(["upgrade", "head", "--url", &url]);
        let outcomes = [first.wait(), second.wait()];
        if name != "hard.db" {
            assert!(outcomes.iter().all(|outcome| outcome.code == Some(0)), "{name}: {}", outcomes[1].shown());
        }
        site.project.migrate("upgrade head").ok();
        assert_eq!(sqlite::lines(&file, "SELECT count(*) FROM t"), ["4"], "{name}");
    }
}

/// A trigger on the version table that swallows its row.
#[test]
fn a_row_that_is_not_kept_is_an_error() {
    crate::support::site::on_both(|site| {
        site.project.revision("r1", "", "CREATE TABLE a (n int);", "DROP TABLE a;");
        site.project.revision("r2", "r1", "CREATE TABLE b (n int);", "DROP TABLE b;");
        site.project.migrate("upgrade r1").ok();
        let (swallow, free) = match site.is_postgres() {
            true => (
                "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
                 CREATE TRIGGER swallow BEFORE INSERT OR DELETE ON migrate_revision FOR EACH ROW EXECUTE FUNCTION swallow()",
                "DROP TRIGGER swallow ON migrate_revision",
            ),
            false => (
                "CREATE TRIGGER one BEFORE INSERT ON migrate_revision BEGIN SELECT RAISE(IGNORE); END; \
                 CREATE TRIGGER two BEFORE DELETE ON migrate_revision BEGIN SELECT RAISE(IGNORE); END;",
                "DROP TRIGGER one; DROP TRIGGER two",
            ),
        };
        site.execute(swallow);
        for command in ["upgrade head", "downgrade base --yes"] {
            let outcome = site.project.migrate(command).exits(1);
            assert!(outcome.stderr.contains("does not keep what is written to it"), "{}", outcome.shown());
        }
        assert!(site.has_table("a") && !site.has_table("b"));
        site.execute(free);
        site.project.migrate("upgrade head").ok();
    });
}

/// A role's `lock_timeout` and `statement_timeout` end no concurrent build, and it is reported whom the build waits for.
#[test]
fn a_concurrent_build_waits_as_long_as_it_may() {
    let Some(site) = Site::postgres() else { return };
    let database = site.database();
    for limit in ["lock_timeout", "statement_timeout"] {
        database.execute(&format!("ALTER DATABASE {} SET {limit} = '300ms'", database.name()));
    }
    site.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (0)");
    section(&site, "CREATE INDEX CONCURRENTLY i ON t (n);");
    let blocker = Blocker::with(&site, "UPDATE t SET n = 5;");
    let mut run = site.project.start(["upgrade", "head"]);
    reports(&mut run, "waits for server process");
    assert!(run.stderr_so_far().contains("(blocker)"), "{}", run.stderr_so_far());
    blocker.let_go();
    run.wait().ok();
    assert_eq!(site.lines("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), ["t"]);
}

#[test]
fn a_concurrent_build_is_given_up_after_its_time() {
    let Some(site) = Site::postgres() else { return };
    site.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (0)");
    section(&site, "CREATE INDEX CONCURRENTLY i ON t (n);");
    let config = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &format!("{config}concurrent_wait = \"1s\"\n"));
    let blocker = Blocker::with(&site, "UPDATE t SET n = 5;");
    // What the failed build leaves can't be dropped before the other has ended, so the next run does it.
    let mut run = site.project.start(["upgrade", "head"]);
    reports(&mut run, "waits for server process");
    wait_until("the build is cancelled", PATIENCE, || {
        site.lines("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%CREATE INDEX CONCURRENTLY%' AND state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()") == ["0"]
    });
    blocker.let_go();
    let outcome = run.wait().exits(1);
    assert!(outcome.stderr.contains("gave up waiting for older transactions"), "{}", outcome.shown());
    assert!(outcome.stderr.contains("(blocker)"), "{}", outcome.shown());
    site.project.migrate("upgrade head").ok();
    assert_eq!(site.lines("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), ["t"]);
}

#[test]
fn vacuum_full_waits_for_a_lock_in_bounded_steps() {
    let Some(site) = Site::postgres() else { return };
    site.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (0)");
    section(&site, "VACUUM FULL t;");
    let config = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &config.replace("lock_timeout = \"60s\"", "lock_timeout = \"100ms\""));
    let blocker = Blocker::with(&site, "LOCK TABLE t IN ACCESS SHARE MODE;");
    let mut run = site.project.start(["upgrade", "head"]);
    reports(&mut run, "lock timeout");
    blocker.let_go();
    run.wait().ok();
}

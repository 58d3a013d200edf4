//! Ctrl-C, SIGTERM and kill -9: what runs on the server stops, and nothing is left there.

use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::postgres::Database;
use crate::support::site::{Blocker, Site};

#[track_caller]
fn until(what: &str, is_true: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_true() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what} for 60 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How many sessions of the tool are in this database.
fn sessions(database: &Database) -> usize {
    let query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ '^migrate'";
    database.rows(query).len()
}

fn sleeps(database: &Database) -> bool {
    let query = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query ~ current_database()";
    !database.rows(query).is_empty()
}

/// Has the process come so far that it takes SIGINT itself? (proc(5): SigCgt is a mask of signals, in hexadecimal.)
fn takes_signals(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0");
    u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask >> (libc::SIGINT - 1) & 1 == 1)
}

/// The temporary databases that were made for this one.
fn shadows(database: &Database) -> Vec<String> {
    database.lines(
        "SELECT d.datname FROM pg_database d WHERE d.datname ~ '^migrate_shadow_' \
         AND shobj_description(d.oid, 'pg_database') ~ (current_database() || ';')",
    )
}

/// Three revisions, the second of which sleeps; the name of the database is in its text, for `sleeps`.
fn with_a_long_one(site: &Site) {
    let name = site.database().name();
    site.project.revision("r1", "", "CREATE TABLE a (id int);", "DROP TABLE a;");
    let up = format!("CREATE TABLE b (id int);\nSELECT pg_sleep(100), '{name}';");
    site.project.revision("r2", "r1", &up, "");
    site.project.revision("r3", "r2", "CREATE TABLE c (id int);", "DROP TABLE c;");
}

#[test]
fn ctrl_c_cancels_what_runs_and_says_what_is_applied() {
    let Some(site) = Site::postgres() else { return };
    with_a_long_one(&site);
    let run = site.project.start(["upgrade", "head"]);
    until("nothing sleeps", || sleeps(site.database()));
    run.signal(libc::SIGINT);
    let outcome = run.wait();
    insta::assert_snapshot!(outcome.shown(), @"
    upgraded r1  r1  ([time])
    | error: interrupted in statement 2 of 2 of upgrading r2
    |   --> migrations/r2.sql:8:1
    |   |
    | 8 | SELECT pg_sleep(100), '[database]';
    |   | ^^^^^^
    |   It was rolled back; the database is as it was before this revision.
    |   applied: r1
    |   not applied: r2, r3
    |   hint: the same command continues from there
    [exit 130]
    ");
    assert_eq!(site.applied(), ["r1 applied"]);
    assert!(!site.has_table("b"));
    until("a session is left", || sessions(site.database()) == 0);
    site.project.revision("r2", "r1", "CREATE TABLE b (id int);", "");
    site.project.migrate("upgrade head").ok();
}

#[test]
fn sigterm_stops_a_run_in_one_transaction_and_a_downgrade() {
    let Some(site) = Site::postgres() else { return };
    with_a_long_one(&site);
    let run = site.project.start(["upgrade", "head", "--transaction", "all"]);
    until("nothing sleeps", || sleeps(site.database()));
    run.signal(libc::SIGTERM);
    let outcome = run.wait().exits(143);
    assert!(outcome.stderr.contains("not applied: r1, r2, r3"), "{}", outcome.shown());
    assert_eq!(site.applied(), [""; 0]);

    let down = format!("DROP TABLE b;\nSELECT pg_sleep(100), '{}';", site.database().name());
    site.project.revision("r2", "r1", "CREATE TABLE b (id int);", &down);
    site.project.migrate("upgrade head").ok();
    let run = site.project.start(["downgrade", "base"]);
    until("nothing sleeps", || sleeps(site.database()));
    run.signal(libc::SIGTERM);
    let outcome = run.wait();
    insta::assert_snapshot!(outcome.shown(), @"
    downgraded r3  r3  ([time])
    | error: interrupted in statement 2 of 2 of downgrading r2
    |   --> migrations/r2.sql:11:1
    |   |
    | 11 | SELECT pg_sleep(100), '[database]';
    |   | ^^^^^^
    |   It was rolled back; the database is as it was before this revision.
    |   undone: r3
    |   still applied: r2, r1
    |   hint: the same command continues from there
    [exit 143]
    ");
    assert_eq!(site.applied(), ["r1 applied", "r2 applied"]);
    assert!(site.has_table("b"));
    until("a session is left", || sessions(site.database()) == 0);
}

#[test]
fn an_interrupted_section_without_transaction_goes_on_from_its_journal() {
    let Some(site) = Site::postgres() else { return };
    let name = site.database().name();
    let script = |seconds: u32| {
        format!(
            "-- revision: r1\n-- message: m\n\n-- migrate:upgrade no-transaction\nCREATE TABLE a (id int);\n\
             INSERT INTO a VALUES (1);\nSELECT pg_sleep({seconds}), '{name}';\nINSERT INTO a VALUES (2);\n"
        )
    };
    site.project.write("migrations/r1.sql", &script(2));
    let run = site.project.start(["upgrade", "head"]);
    until("nothing sleeps", || sleeps(site.database()));
    run.signal(libc::SIGINT);
    let outcome = run.wait().exits(130);
    assert!(outcome.stderr.contains("Its statements 1 to 2 took effect"), "{}", outcome.shown());
    assert_eq!(site.applied(), ["r1 running"]);
    site.project.migrate("upgrade head").ok();
    assert_eq!(site.lines("SELECT id FROM a ORDER BY id"), ["1", "2"]);
    assert_eq!(site.applied(), ["r1 applied"]);
}

#[test]
fn sighup_stops_a_run_unless_it_was_started_to_ignore_it() {
    let Some(site) = Site::postgres() else { return };
    with_a_long_one(&site);
    let run = site.project.start(["upgrade", "head"]);
    until("nothing sleeps", || sleeps(site.database()));
    run.signal(libc::SIGHUP);
    run.wait().exits(129);

    // As nohup starts it.
    let mut command = site.project.command(["upgrade", "head"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: signal may be called between fork and exec.
    unsafe {
        command.pre_exec(|| {
            (libc::signal(libc::SIGHUP, libc::SIG_IGN) != libc::SIG_ERR)
                .then_some(())
                .ok_or_else(std::io::Error::last_os_error)
        })
    };
    let mut run = command.spawn().expect("the binary can be started");
    until("nothing sleeps", || sleeps(site.database()));
    // SAFETY: kill takes two numbers, and this process started the one that it names.
    assert_eq!(unsafe { libc::kill(run.id() as libc::pid_t, libc::SIGHUP) }, 0);
    site.database().execute(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query ~ current_database()",
    );
    assert_eq!(run.wait().expect("it ends").code(), Some(1), "the statement failed, and nobody asked the run to stop");
}

#[test]
fn a_second_signal_ends_at_once() {
    let Some(site) = Site::postgres() else { return };
    let name = site.database().name();
    // It takes no notice of a cancellation, but counts it, and ends when the test lets go of its lock.
    let deaf = format!(
        "DO $$ BEGIN LOOP BEGIN PERFORM pg_advisory_xact_lock(1), '{name}'; EXIT; \
         EXCEPTION WHEN query_canceled THEN PERFORM nextval('cancelled'); END; END LOOP; END $$;"
    );
    site.execute("CREATE SEQUENCE cancelled");
    let gate = Blocker::with(&site, "SELECT pg_advisory_xact_lock(1);");
    site.project.revision("r1", "", &format!("CREATE TABLE a (id int);\n{deaf}"), "");
    let mut run = site.project.start(["upgrade", "head"]);
    let waits = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory' AND query ~ current_database()";
    until("nothing waits at the gate", || !site.database().rows(waits).is_empty());
    run.signal(libc::SIGINT);
    until("nothing is cancelled", || site.lines("SELECT is_called FROM cancelled") == ["t"]);
    assert!(run.is_running(), "the statement goes on");
    run.signal(libc::SIGTERM);
    // The gate is closed still, so it does not wait for the statement.
    run.wait().exits(143);
    gate.let_go();
    until("a session is left", || sessions(site.database()) == 0);
    // The server had the whole revision, and what it did with it is in the version table.
    assert_eq!(site.has_table("a"), site.applied() == ["r1 applied"]);
}

/// Models that sleep while a shadow loads them.
fn slow_models(site: &Site, seconds: u32) {
    let name = site.database().name();
    let slow = format!("CREATE TABLE slow AS SELECT '{name}' AS name FROM pg_sleep({seconds});\n");
    site.project.write("models/slow.sql", &slow);
}

#[test]
fn ctrl_c_during_autogenerate_takes_the_shadow_along() {
    let Some(site) = Site::postgres() else { return };
    slow_models(&site, 100);
    let run = site.project.start(["revision", "--autogenerate", "-m", "slow"]);
    until("nothing sleeps", || sleeps(site.database()));
    assert_eq!(shadows(site.database()).len(), 1);
    run.signal(libc::SIGINT);
    let outcome = run.wait();
    insta::assert_snapshot!(outcome.shown(), @"
    | error: loading the declared schema into a shadow: interrupted
    |   No file was written.
    [exit 130]
    ");
    assert_eq!(shadows(site.database()), [""; 0]);
    assert_eq!(site.project.files("migrations"), [""; 0]);
    until("a session is left", || sessions(site.database()) == 0);
}

#[test]
fn the_next_run_drops_the_shadow_of_a_killed_one() {
    let Some(site) = Site::postgres() else { return };
    let database = site.database();
    slow_models(&site, 4);
    let mut run = site.project.start(["check"]);
    until("nothing sleeps", || sleeps(database));
    run.kill();
    let [left] = shadows(database).try_into().expect("one shadow is left behind");
    // The server notices the death of a client when it has something to say to it.
    site.project.write("models/slow.sql", "CREATE TABLE quick (id int);");
    site.project.migrate("check").exits(1);
    assert_eq!(shadows(database), [left], "somebody is in it still");
    until("the server sleeps", || !sleeps(database));
    until("a session is left", || {
        database
            .rows("SELECT FROM pg_stat_activity WHERE datname ~ '^migrate_shadow_' AND query ~ current_database()")
            .is_empty()
    });
    site.project.write("models/slow.sql", "CREATE TABLE quick (id int, n int);");
    site.project.migrate("check").exits(1);
    assert_eq!(shadows(database), [""; 0]);
}

#[test]
fn only_what_is_ours_and_abandoned_is_dropped() {
    let Some(server) = crate::support::server::own(&["fsync = off"]) else { return };
    let site = Site::on(&server);
    let database = site.database();
    database.execute("CREATE ROLE other CREATEDB");
    let begun = database.lines(
        "SELECT pid || '_' || (extract(epoch FROM backend_start) * 1000000)::bigint FROM pg_stat_activity \
         WHERE pid = (SELECT min(pid) FROM pg_stat_activity)",
    );
    let (alive, dead) = (format!("migrate_shadow_{}_00aa", begun[0]), "migrate_shadow_999999999_1_00aa");
    for (name, owner) in [
        (dead, ""),
        (alive.as_str(), ""),
        ("migrate_shadow_of_the_team", ""),
        ("migrate_shadow_999999999_1_00bb", " OWNER other"),
    ] {
        database.execute(&format!("CREATE DATABASE {name}{owner}"));
    }
    site.project.write("models/a.sql", "CREATE TABLE a (id int);");
    site.project.migrate("check").exits(1);
    let left = database.lines("SELECT datname FROM pg_database WHERE datname ~ '^migrate_shadow_' ORDER BY 1");
    let mut kept = ["migrate_shadow_999999999_1_00bb", &alive, "migrate_shadow_of_the_team"];
    kept.sort();
    assert_eq!(left, kept);
    server.stop();
}

#[test]
fn ctrl_c_interrupts_sqlite() {
    let site = Site::sqlite();
    site.project.revision("r1", "", "CREATE TABLE a (id int);", "DROP TABLE a;");
    let long =
        "CREATE TABLE b AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(n) FROM c;";
    site.project.revision("r2", "r1", long, "");
    let run = site.project.start(["upgrade", "head"]);
    until("r1 is not applied", || site.project.path("app.db").exists() && site.has_table("a"));
    until("r2 writes nothing", || site.project.path("app.db-journal").exists());
    run.signal(libc::SIGINT);
    let outcome = run.wait();
    insta::assert_snapshot!(outcome.shown(), @"
    upgraded r1  r1  ([time])
    | error: interrupted in statement 1 of 1 of upgrading r2
    |   --> migrations/r2.sql:7:1
    |   |
    | 7 | CREATE TABLE b AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(n) FROM c;
    |   | ^^^^^^
    |   It was rolled back; the database is as it was before this revision.
    |   applied: r1
    |   not applied: r2
    |   hint: the same command continues from there
    [exit 130]
    ");
    assert_eq!(site.applied(), ["r1 applied"]);
    assert!(!site.has_table("b"));
}

#[test]
fn ctrl_c_ends_the_wait_for_a_busy_file() {
    let site = Site::sqlite();
    site.project.revision("r1", "", "CREATE TABLE a (id int);", "DROP TABLE a;");
    site.project.migrate("upgrade head").ok();
    site.project.revision("r2", "r1", "CREATE TABLE b (id int);", "DROP TABLE b;");
    let other = rusqlite::Connection::open(site.project.path("app.db")).expect("it is a database");
    other.execute_batch("BEGIN IMMEDIATE").expect("nobody writes");
    let config = site.project.read("migrate.toml");
    site.project.write("migrate.toml", &format!("{config}\n[run]\nlock_wait = \"1000s\"\n"));
    let mut run = site.project.start(["upgrade", "head"]);
    until("it takes no signals", || takes_signals(run.id()));
    assert!(run.is_running(), "it waits");
    run.signal(libc::SIGINT);
    run.wait().exits(130);
    other.execute_batch("COMMIT").expect("it is open");
    site.project.migrate("upgrade head").ok();
}

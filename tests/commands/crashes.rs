//! kill -9 of the tool and a crash of the server, at random points of fifty revisions: run again, and the result is the
//! same as without.
//!
//! `MIGRATE_CRASH_POINTS=200 cargo test crashes` tries more points.

use std::time::{Duration, Instant};

use crate::support::site::Site;
use crate::support::{Project, server};

fn points() -> u64 {
    std::env::var("MIGRATE_CRASH_POINTS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

/// Fifty revisions: tables, rows, columns, indexes, some outside transactions, and on PostgreSQL what refuses one.
fn fifty(project: &Project, postgres: bool) {
    for number in 1..=50 {
        let parent = if number == 1 { String::new() } else { format!("-- revises: r{:02}\n", number - 1) };
        let before = number - 1;
        let (mode, up) = match number % 5 {
            1 => (
                "",
                format!(
                    "CREATE TABLE t{number} (id int PRIMARY KEY, n int);\nINSERT INTO t{number} VALUES (1, 10), (2, 20), (3, 30);"
                ),
            ),
            2 => (
                "",
                format!("ALTER TABLE t{before} ADD COLUMN added text DEFAULT 'x';\nUPDATE t{before} SET n = n + 1;"),
            ),
            3 if postgres => (
                " no-transaction",
                format!(
                    "INSERT INTO t{0} (id, n) VALUES (4, 40);\nCREATE INDEX CONCURRENTLY i{number} ON t{0} (n);\nUPDATE t{0} SET n = n + 1;\nVACUUM t{0};\nINSERT INTO t{0} (id, n) VALUES (5, 50);",
                    number - 2
                ),
            ),
            3 => (
                " no-transaction",
                format!(
                    "INSERT INTO t{0} (id, n) VALUES (4, 40);\nCREATE INDEX i{number} ON t{0} (n);\nUPDATE t{0} SET n = n + 1;\nVACUUM;\nINSERT INTO t{0} (id, n) VALUES (5, 50);",
                    number - 2
                ),
            ),
            4 => ("", format!("CREATE VIEW v{number} AS SELECT id FROM t{} WHERE n > 15;", number - 3)),
            _ if postgres => (
                " no-transaction",
                format!(
                    "DROP INDEX CONCURRENTLY i{};\nCREATE UNIQUE INDEX CONCURRENTLY u{number} ON t{} (n);",
                    number - 2,
                    number - 4
                ),
            ),
            _ => (
                " no-transaction",
                format!("DROP INDEX i{};\nCREATE UNIQUE INDEX u{number} ON t{} (n);", number - 2, number - 4),
            ),
        };
        project.write(
            &format!("migrations/r{number:02}.sql"),
            &format!("-- revision: r{number:02}\n{parent}-- message: m\n\n-- migrate:upgrade{mode}\n{up}\n"),
        );
    }
}

/// Everything that a run leaves, as text.
fn state(site: &Site) -> Vec<String> {
    let mut state = site.schema();
    state.extend(site.version_rows());
    for number in (1..=50).step_by(5) {
        state.extend(site.lines(&format!("SELECT id, n, added FROM t{number} ORDER BY id")));
    }
    state
}

/// A number from 0 to 1 that is another one for each point, and the same in each run of the tests.
fn chance(point: u64) -> f64 {
    let mixed = (point + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64 / (1u64 << 53) as f64
}

fn kill_at_random_points(uninterruptible: &Site, fresh: impl Fn() -> Site) {
    let started = Instant::now();
    uninterruptible.project.migrate("upgrade head").ok();
    let whole = started.elapsed();
    let wanted = state(uninterruptible);
    for point in 0..points() {
        let site = fresh();
        let delay = whole.mul_f64(chance(point));
        let mut run = site.project.start(["upgrade", "head"]);
        std::thread::sleep(delay);
        run.kill();
        site.project.migrate("upgrade head").ok();
        assert_eq!(state(&site), wanted, "killed after {delay:?} of {whole:?}");
    }
}

#[test]
fn a_killed_run_on_sqlite_goes_on() {
    let uninterruptible = Site::sqlite();
    fifty(&uninterruptible.project, false);
    kill_at_random_points(&uninterruptible, || uninterruptible.twin());
}

#[test]
fn a_killed_run_on_postgres_goes_on() {
    let Some(uninterruptible) = Site::postgres() else { return };
    fifty(&uninterruptible.project, true);
    kill_at_random_points(&uninterruptible, || uninterruptible.twin());
}

#[test]
fn a_run_goes_on_after_the_server_crashed() {
    let Some(server) = server::own(&["fsync = off"]) else { return };
    let uninterruptible = Site::on(&server);
    fifty(&uninterruptible.project, true);
    let started = Instant::now();
    uninterruptible.project.migrate("upgrade head").ok();
    let whole = started.elapsed();
    let wanted = state(&uninterruptible);
    for point in 0..points() {
        let site = uninterruptible.twin();
        let delay = whole.mul_f64(chance(point + 1000));
        let run = site.project.start(["upgrade", "head"]);
        std::thread::sleep(delay.max(Duration::from_millis(5)));
        server.crash();
        let outcome = run.wait();
        assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains("panicked"), "{}", outcome.shown());
        server.start();
        site.project.migrate("upgrade head").ok();
        assert_eq!(state(&site), wanted, "crashed after {delay:?} of {whole:?}: {}", outcome.shown());
    }
    server.stop();
}

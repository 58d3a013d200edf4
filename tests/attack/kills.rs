//! kill -9 at every boundary between the tool and the server, and the same command again at once.

use std::time::Duration;

use super::proxy::{self, Moment, Stop};
use crate::support::Project;
use crate::support::postgres::{self, Database};

/// Revisions whose statements all add to a number, so that one which ran twice, or not at all, shows.
fn write(project: &Project) {
    project.revision(
        "r1",
        "",
        "CREATE TABLE t (n int);\nCREATE TABLE u (m int);\nINSERT INTO t VALUES (0);",
        "DROP TABLE u;\nUPDATE t SET n = n + 10000000;",
    );
    project.write(
        "migrations/r2.sql",
        "-- revision: r2\n-- revises: r1\n\n-- migrate:upgrade no-transaction\nUPDATE t SET n = n + 1;\n\
         CREATE INDEX CONCURRENTLY i ON t (n);\nUPDATE t SET n = n + 10;\nVACUUM u;\nREINDEX INDEX CONCURRENTLY i;\n\
         -- migrate:unless table v\nUPDATE t SET n = n + 100;\n-- migrate:end\nDROP INDEX CONCURRENTLY i;\n\
         UPDATE t SET n = n + 1000;\n\n-- migrate:downgrade no-transaction\nUPDATE t SET n = n + 10000;\n\
         CREATE INDEX CONCURRENTLY j ON t (n);\nUPDATE t SET n = n + 100000;\nDROP INDEX CONCURRENTLY j;\n",
    );
    project.revision("r3", "r2", "UPDATE t SET n = n + 1000000;", "UPDATE t SET n = n + 1000000;");
}

/// The queries before this one are the look without the lock, and the lock.
const LOCKED: usize = 8;

struct Attack {
    database: Database,
    project: Project,
    port: u16,
}

impl Attack {
    fn new(database: Database) -> Attack {
        let project = Project::postgres(&database);
        write(&project);
        let port = database.server().port();
        Attack { database, project, port }
    }

    fn through(&self, proxy: &proxy::Proxy, command: &[&str]) -> crate::support::project::Running {
        let url = proxy.url(self.database.name());
        self.project.start(command.iter().copied().chain(["--url", &url]))
    }

    fn number(&self) -> String {
        self.database.lines("SELECT n FROM t").join(",")
    }

    /// kill -9 at `stop`, and the command again; true if the command came so far.
    fn kill(&self, command: &[&str], stop: Stop, notices: bool) -> bool {
        let proxy = proxy::before(self.port, Some(stop));
        let mut running = self.through(&proxy, command);
        let mut came = false;
        while running.is_running() && !came {
            came = proxy.has_stopped(Duration::from_millis(20));
        }
        running.kill();
        match notices {
            true => proxy.close(),
            false => proxy.close_others(),
        }
        let again = self.project.run(command);
        assert_eq!(again.code, Some(0), "{command:?} after kill at {stop:?}: {}", again.shown());
        came
    }
}

/// How many queries the command sends when nobody disturbs it.
fn uninterruptible(command: &[&str], before: Option<&[&str]>) -> Option<usize> {
    let attack = Attack::new(postgres::database()?);
    if let Some(before) = before {
        attack.project.run(before).ok();
    }
    let proxy = proxy::before(attack.port, None);
    let outcome = attack.through(&proxy, command).wait();
    assert_eq!(outcome.code, Some(0), "{}", outcome.shown());
    Some(proxy.queries())
}

fn at_every_boundary(command: &[&str], before: Option<&[&str]>, number: &str) {
    let Some(queries) = uninterruptible(command, before) else { return };
    let moments = [Moment::Sent, Moment::Running, Moment::Answered];
    let points = (1..=queries).flat_map(|query| moments.map(|moment| Stop { query, moment }));
    // The sample takes each query at one moment or another, and another one in each run of the suite would make it depend
    // on luck.
    let step = if super::is_full() { 1 } else { 4 };
    for (at, stop) in points.enumerate().filter(|(at, _)| at % step == 0) {
        let Some(database) = postgres::database() else { return };
        let attack = Attack::new(database);
        if let Some(before) = before {
            attack.project.run(before).ok();
        }
        // A session that waits for its client is ended after two seconds. On the lock's connection it would keep the lock.
        let came =
            attack.kill(command, stop, at % (5 * step) != 0 || stop.moment != Moment::Answered || stop.query < LOCKED);
        assert!(came, "{stop:?} of {queries} was not reached");
        assert_eq!(attack.number(), number, "{command:?} after kill at {stop:?}");
        let indexes = attack.database.lines("SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 't'::regclass");
        assert_eq!(indexes, [] as [&str; 0], "{command:?} after kill at {stop:?}");
    }
}

#[test]
fn an_upgrade_that_is_killed_runs_each_statement_once() {
    at_every_boundary(&["upgrade", "head"], None, "1001111");
}

#[test]
fn a_downgrade_that_is_killed_runs_each_statement_once() {
    at_every_boundary(&["downgrade", "base", "--yes"], Some(&["upgrade", "head"]), "12111111");
}

#[test]
fn an_upgrade_without_transactions_that_is_killed_runs_each_statement_once() {
    at_every_boundary(&["upgrade", "head", "--transaction", "none"], None, "1001111");
}

#[test]
fn an_upgrade_in_one_transaction_that_is_killed_is_whole() {
    let command = ["upgrade", "r1", "--transaction", "all"];
    at_every_boundary(&command, None, "0");
}

//! Scripts: `upgrade --sql`, `downgrade --sql`, `migrate sql`. Loaded as a DBA would, they leave what an online run leaves.

use super::upgrade::three;
use crate::support::site::{Site, on_both};

/// Besides the three: a section outside transactions, settings, a merge, dialects of their own.
fn more(site: &Site) {
    three(site);
    let write = |id: &str, text: &str| {
        site.project.write(&format!("migrations/{id}.sql"), text);
    };
    write(
        "r4a",
        "-- revision: r4a\n-- revises: r3\n-- message: it's a \\ message\n\n-- migrate:upgrade postgresql no-transaction\nCREATE TABLE j (a int);\nCREATE INDEX CONCURRENTLY j_a ON j (a);\n\n-- migrate:upgrade sqlite no-transaction\nCREATE TABLE j (a int);\nVACUUM;\nCREATE INDEX j_a ON j (a)\n\n-- migrate:downgrade\nDROP TABLE j;\n",
    );
    write(
        "r4b",
        "-- revision: r4b\n-- revises: r3\n-- message: b\n\n-- migrate:upgrade postgresql\nSET search_path = pg_catalog;\nCREATE TABLE public.k (a int); -- the end\n\n-- migrate:upgrade sqlite\nPRAGMA foreign_keys=off;\n-- migrate:keeps-rows users\nCREATE TABLE k (a int) -- the end\n\n-- migrate:downgrade\nDROP TABLE k;\n",
    );
    write("r5", "-- revision: r5\n-- revises: r4a, r4b\n-- message: both\n\n-- migrate:upgrade\n");
}

#[test]
fn a_script_leaves_what_an_online_run_leaves() {
    on_both(|site| {
        more(site);
        let twin = site.twin();
        let script = twin.project.migrate("upgrade head --sql").ok().stdout;
        if let Err(error) = twin.load(&script) {
            panic!("{error}\n{script}");
        }
        site.project.migrate("upgrade head").ok();
        assert_eq!(site.schema(), twin.schema());
        assert_eq!(site.version_rows(), twin.version_rows());
        assert_eq!(site.lines("SELECT * FROM users"), twin.lines("SELECT * FROM users"));
        twin.project.migrate("verify").ok();
        let down = twin.project.migrate("downgrade head:base --sql").ok().stdout;
        if let Err(error) = twin.load(&down) {
            panic!("{error}\n{down}");
        }
        site.project.migrate("downgrade base --yes").ok();
        assert_eq!(site.schema(), twin.schema());
        assert_eq!(twin.version_rows(), [] as [String; 0]);
    });
}

#[test]
fn a_range_continues_where_the_database_is() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade r1").ok();
        let script = site.project.migrate("sql r1:head").ok().stdout;
        assert_eq!(script, site.project.migrate("upgrade r1:head --sql").ok().stdout);
        site.load(&script).unwrap();
        assert_eq!(site.applied().len(), 3);
        let down = site.project.migrate("sql head:r1").ok().stdout;
        site.load(&down).unwrap();
        assert_eq!(site.applied(), ["r1 applied"]);
    });
}

#[test]
fn a_script_refuses_a_database_that_is_elsewhere() {
    on_both(|site| {
        three(site);
        let from_r2 = site.project.migrate("upgrade r2:head --sql").ok().stdout;
        let error = site.load(&from_r2).unwrap_err();
        assert!(error.contains("wrong database: this script starts at"), "{error}");
        assert!(!site.has_table("migrate_revision"));
        site.project.migrate("upgrade head").ok();
        let from_base = site.project.migrate("upgrade head --sql").ok().stdout;
        for script in [&from_r2, &from_base] {
            let error = site.load(script).unwrap_err();
            assert!(error.contains("wrong database: this script starts at"), "{error}");
        }
        assert_eq!(site.applied().len(), 3);
    });
}

#[test]
fn a_script_needs_no_database() {
    let site = Site::sqlite();
    three(&site);
    site.project.write("migrate.toml", "[database]\nurl = \"postgresql://nobody:s3cret@nowhere.invalid/none\"\n");
    let outcome = site.project.migrate("upgrade head --sql").ok();
    assert!(outcome.stdout.contains("BEGIN") && outcome.stderr.is_empty(), "{}", outcome.shown());
    assert!(!outcome.stdout.contains("s3cret"));
    let sqlite = site.project.migrate("sql head --dialect sqlite -o script.sql").ok();
    assert!(sqlite.stdout.is_empty());
    crate::support::sqlite::shell(&site.project.path("other.db"), &site.project.read("script.sql")).unwrap();
}

#[test]
fn one_transaction_for_a_whole_script() {
    on_both(|site| {
        three(site);
        site.project.revision("r4", "r3", "SELECT * FROM nowhere;", "");
        let script = site.project.migrate("upgrade head --sql --transaction all").ok().stdout;
        site.load(&script).unwrap_err();
        assert!(!site.has_table("users") && !site.has_table("migrate_revision"));
    });
}

/// Runs a script as somebody does who does not know that psql and sqlite3 go on after an error.
fn load_carelessly(site: &Site, script: &str) {
    use std::io::Write;
    let mut client = match site.is_postgres() {
        true => {
            let mut psql = site.database().server().program("psql");
            psql.args(["-X", "-q", "-d", site.database().name(), "-f", "-"]);
            psql
        }
        false => {
            let mut shell = std::process::Command::new("sqlite3");
            shell.arg(site.project.path("app.db"));
            shell
        }
    };
    let mut client = client
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the client is installed");
    let mut input = client.stdin.take().expect("a pipe");
    // The client may have ended before it has read all.
    let _ = input.write_all(script.as_bytes());
    drop(input);
    client.wait().expect("the client ends");
}

#[test]
fn a_script_for_another_start_does_nothing_in_a_careless_client() {
    on_both(|site| {
        three(site);
        let script = site.project.migrate("sql r1:head").ok().stdout;
        load_carelessly(site, &script);
        assert!(!site.has_table("migrate_revision") || site.applied().is_empty());
        assert!(!site.has_table("posts") && !site.has_table("users"));
    });
}

#[test]
fn a_script_stops_at_an_error_in_a_careless_client() {
    on_both(|site| {
        site.project.revision("r1", "", "CREATE TABLE a (n int);", "");
        site.project.revision("r2", "r1", "INSERT INTO nowhere VALUES (1);", "");
        site.project.revision("r3", "r2", "CREATE TABLE c (n int);", "");
        let script = site.project.migrate("sql head").ok().stdout;
        load_carelessly(site, &script);
        assert_eq!(site.applied(), ["r1 applied"]);
        assert!(!site.has_table("c"));
        site.execute("CREATE TABLE nowhere (n int)");
        site.project.migrate("upgrade head").ok();
    });
}

#[test]
fn a_section_in_pieces_stops_at_an_error_in_a_careless_client() {
    let Some(site) = Site::postgres() else { return };
    site.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (1), (1)");
    site.project.write(
        "migrations/r1.sql",
        "-- revision: r1\n\n-- migrate:upgrade no-transaction\nUPDATE t SET n = n + 1;\n\
         CREATE UNIQUE INDEX CONCURRENTLY i ON t (n);\nUPDATE t SET n = n + 10;\n",
    );
    site.project.revision("r2", "r1", "CREATE TABLE u (n int);", "");
    let script = site.project.migrate("sql head").ok().stdout;
    load_carelessly(&site, &script);
    assert_eq!(site.applied(), ["r1 running"]);
    assert_eq!(site.lines("SELECT n FROM t"), ["2", "2"]);
    // Again, and nothing changes: the row is there.
    load_carelessly(&site, &script);
    assert_eq!(site.lines("SELECT n FROM t"), ["2", "2"]);
    // A run goes on where the script was stopped.
    site.execute("DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)");
    site.project.migrate("upgrade head").ok();
    assert_eq!(site.lines("SELECT n FROM t"), ["12"]);
    assert_eq!(site.lines("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), ["t"]);
}

#[test]
fn a_script_that_is_run_twice_changes_nothing_the_second_time() {
    on_both(|site| {
        more(site);
        let script = site.project.migrate("sql head").ok().stdout;
        load_carelessly(site, &script);
        let rows = || {
            site.lines("SELECT revision || ' ' || applied_at || ' ' || duration_ms || ' ' || state FROM migrate_revision ORDER BY 1")
        };
        let before = rows();
        load_carelessly(site, &script);
        assert_eq!(rows(), before);
        site.project.migrate("verify").ok();
    });
}

#[test]
fn a_script_is_written_whole_or_not_at_all() {
    on_both(|site| {
        three(site);
        // Only when it is written shows the second revision that no script can do it.
        site.project.write(
            "migrations/r4.sql",
            "-- revision: r4\n-- revises: r3\n-- migrate:upgrade postgresql no-transaction\nCREATE TABLE c (a int);\n\
             -- migrate:unless index c_a\nCREATE INDEX CONCURRENTLY c_a ON c (a);\n-- migrate:end\n\
             -- migrate:upgrade sqlite no-transaction\nCREATE TABLE c (a int);\n-- migrate:unless table d\nVACUUM;\n-- migrate:end\n\
             -- migrate:downgrade postgresql no-transaction\n-- migrate:if index c_a\nDROP INDEX CONCURRENTLY c_a;\n-- migrate:end\n\
             -- migrate:downgrade sqlite no-transaction\n-- migrate:if table c\nVACUUM;\n-- migrate:end\n",
        );
        for line in ["sql head", "upgrade head --sql", "downgrade r4:base --sql", "sql base:head"] {
            let outcome = site.project.migrate(line).exits(1);
            assert_eq!(outcome.stdout, "", "{line}");
            site.project.migrate(&format!("{line} -o script.sql")).exits(1);
            assert!(!site.project.path("script.sql").exists(), "{line}");
        }
        assert_eq!(site.project.migrate("stamp nobody --sql").exits(1).stdout, "");
        site.project.migrate("stamp r3 --sql").ok();
    });
}

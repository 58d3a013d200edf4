//! Histories as the tools write them, by their documented rules, on both databases.

use super::super::support::{postgres, sqlite};
use super::{history, ids, project};

/// The file that every history knows, with the checksum of each tool's own rule.
const FIRST: &str = "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\n";
const SECOND: &str = "CREATE TABLE u (id int);\n";

/// One tool's history.
struct Recorded {
    tool: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// Runs on both databases.
    table: &'static str,
    ids: &'static [&'static str],
    history: &'static [&'static str],
    /// Makes the tool itself call the history failed.
    fail: &'static str,
    /// A word of the refusal.
    refusal: &'static str,
}

const UP_AND_DOWN: &[(&str, &str)] = &[
    ("migrations/1_first.up.sql", FIRST),
    ("migrations/1_first.down.sql", "DROP TABLE t;"),
    ("migrations/2_second.up.sql", SECOND),
    ("migrations/2_second.down.sql", "DROP TABLE u;"),
    ("migrations/3_third.up.sql", "CREATE TABLE v (id int);"),
    ("migrations/3_third.down.sql", "DROP TABLE v;"),
];

const HISTORIES: &[Recorded] = &[
    Recorded {
        tool: "sqlx",
        files: UP_AND_DOWN,
        table: "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, \
                installed_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, success boolean NOT NULL, \
                checksum BYTES NOT NULL, execution_time bigint NOT NULL);\n\
                INSERT INTO _sqlx_migrations VALUES \
                (1, 'first', '2024-05-06 07:08:09', true, HEX(977b73527daf25060f0b5039a54d00b8c7932f286baf2d83531e5fa8e12264fd6a30a7ccf6460135d22c6fd9375645f8), 5), \
                (2, 'second', '2024-05-06 07:08:10', true, HEX(00), 5), \
                (9, 'gone', '2024-05-06 07:08:11', true, HEX(00), 5);",
        ids: &["1", "2", "3"],
        history: &["1 match adopted", "2 edited adopted", "9 missing file"],
        fail: "UPDATE _sqlx_migrations SET success = false WHERE version = 2",
        refusal: "success is false",
    },
    Recorded {
        tool: "diesel",
        files: &[
            ("migrations/2024-05-06-070809_first/up.sql", FIRST),
            ("migrations/2024-05-06-070809_first/down.sql", "DROP TABLE t;"),
            ("migrations/2024-05-06-070810_second/up.sql", SECOND),
            ("migrations/2024-05-06-070810_second/metadata.toml", "run_in_transaction = false\n"),
        ],
        table: "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
                run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);\n\
                INSERT INTO __diesel_schema_migrations VALUES ('20240506070809', '2024-05-06 07:08:09');",
        ids: &["20240506070809", "20240506070810"],
        history: &["20240506070809 unknown adopted"],
        fail: "",
        refusal: "",
    },
    Recorded {
        tool: "flyway",
        files: &[
            ("db/migration/V1__first.sql", FIRST),
            ("db/migration/V1_2__second.sql", SECOND),
            ("db/migration/U1_2__second.sql", "DROP TABLE u;"),
            ("db/migration/R__views.sql", "DROP VIEW IF EXISTS w; CREATE VIEW w AS SELECT 1 AS a;"),
            ("db/migration/V2__later.sql", "CREATE TABLE v (id int);"),
            ("db/migration/V3__code.java", "class V3__code {}"),
        ],
        table: "CREATE TABLE flyway_schema_history (installed_rank INT NOT NULL PRIMARY KEY, version VARCHAR(50), \
                description VARCHAR(200) NOT NULL, type VARCHAR(20) NOT NULL, script VARCHAR(1000) NOT NULL, \
                checksum INTEGER, installed_by VARCHAR(100) NOT NULL, \
                installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, execution_time INTEGER NOT NULL, \
                success BOOLEAN NOT NULL);\n\
                INSERT INTO flyway_schema_history VALUES \
                (1, '1', 'first', 'SQL', 'V1__first.sql', 169406234, 'bob', '2024-05-06 07:08:09', 5, true), \
                (2, '1.2', 'second', 'SQL', 'V1_2__second.sql', 1, 'bob', '2024-05-06 07:08:09', 5, true), \
                (3, '2', 'later', 'SQL', 'V2__later.sql', NULL, 'bob', '2024-05-06 07:08:09', 5, true), \
                (4, '2', 'later', 'UNDO_SQL', 'U2__later.sql', NULL, 'bob', '2024-05-06 07:08:09', 5, true), \
                (5, NULL, 'views', 'SQL', 'R__views.sql', 7, 'bob', '2024-05-06 07:08:09', 5, true);",
        ids: &["V1", "V1_2", "V2", "V3", "R__views"],
        history: &["1 match adopted", "1.2 edited adopted", "R__views edited"],
        fail: "UPDATE flyway_schema_history SET success = false WHERE version = '1.2'",
        refusal: "flyway repair",
    },
    Recorded {
        tool: "golang-migrate",
        files: UP_AND_DOWN,
        table: "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);\n\
                INSERT INTO schema_migrations VALUES (2, false);",
        ids: &["1", "2", "3"],
        history: &["1 unknown adopted", "2 unknown adopted"],
        fail: "UPDATE schema_migrations SET dirty = true",
        refusal: "dirty",
    },
    Recorded {
        tool: "goose",
        files: &[
            ("migrations/00001_first.sql", "-- +goose Up\nCREATE TABLE t (id int);\n\n-- +goose Down\nDROP TABLE t;\n"),
            ("migrations/00002_second.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE u (id int);\n"),
            (
                "migrations/00003_third.sql",
                "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n",
            ),
            ("migrations/00004_code.go", "package migrations\n"),
        ],
        table: "CREATE TABLE goose_db_version (id integer PRIMARY KEY, version_id bigint NOT NULL, \
                is_applied boolean NOT NULL, tstamp timestamp DEFAULT CURRENT_TIMESTAMP);\n\
                INSERT INTO goose_db_version VALUES (1, 0, true, '2024-05-06 07:08:09'), \
                (2, 1, true, '2024-05-06 07:08:09'), (3, 2, true, '2024-05-06 07:08:09'), \
                (4, 2, false, '2024-05-06 07:08:10');",
        ids: &["1", "2", "3", "4"],
        history: &["1 unknown adopted"],
        fail: "",
        refusal: "",
    },
    Recorded {
        tool: "prisma",
        files: &[
            ("prisma/migrations/20240506070809_first/migration.sql", FIRST),
            ("prisma/migrations/20240506070810_second/migration.sql", SECOND),
        ],
        table: "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, \
                finished_at timestamp, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at timestamp, \
                started_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, applied_steps_count INTEGER NOT NULL DEFAULT 0);\n\
                INSERT INTO _prisma_migrations VALUES \
                ('x', 'ca2e30c7bf4ae893a75714da225cab24092983eef3fc4de5988d59bbf722acfb', '2024-05-06 07:08:09', '20240506070809_first', NULL, NULL, '2024-05-06 07:08:09', 1), \
                ('y', '00', NULL, '20240506070810_second', 'boom', '2024-05-06 07:08:10', '2024-05-06 07:08:10', 0), \
                ('z', '00', '2024-05-06 07:08:11', '20240506070810_second', NULL, NULL, '2024-05-06 07:08:11', 1);",
        ids: &["20240506070809", "20240506070810"],
        history: &["20240506070809_first match adopted", "20240506070810_second edited adopted"],
        fail: "UPDATE _prisma_migrations SET finished_at = NULL WHERE id = 'z'",
        refusal: "prisma migrate resolve",
    },
    Recorded {
        tool: "liquibase",
        files: &[(
            "db/changelog/main.sql",
            "--liquibase formatted sql\n\n--changeset ann:1\nCREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\n\
             --rollback DROP TABLE t;\n\n--changeset bob:1 runOnChange:true\n--comment the second\nCREATE TABLE u (id int);\n\
             \n--changeset bob:2 dbms:oracle\nCREATE TABLE o (id int);\n\n--changeset bob:3\nCREATE TABLE v (id int);\n",
        )],
        table: "CREATE TABLE databasechangeloglock (id INT NOT NULL, locked BOOLEAN NOT NULL, lockgranted TIMESTAMP, \
                lockedby VARCHAR(255));\nINSERT INTO databasechangeloglock VALUES (1, false, NULL, NULL);\n\
                CREATE TABLE databasechangelog (id VARCHAR(255) NOT NULL, author VARCHAR(255) NOT NULL, \
                filename VARCHAR(255) NOT NULL, dateexecuted TIMESTAMP NOT NULL, orderexecuted INT NOT NULL, \
                exectype VARCHAR(10) NOT NULL, md5sum VARCHAR(35));\n\
                INSERT INTO databasechangelog VALUES \
                ('1', 'ann', 'changelog/main.sql', '2024-05-06 07:08:09', 1, 'EXECUTED', '9:ffdfec4b8f8dc5a69b32af0738e7624d'), \
                ('1', 'bob', 'changelog/main.sql', '2024-05-06 07:08:09', 2, 'RERAN', '8:d41d8cd98f00b204e9800998ecf8427e');",
        ids: &["1", "bob_1", "3"],
        history: &["match adopted", "unknown adopted"],
        fail: "UPDATE databasechangeloglock SET locked = true, lockedby = 'host (10.0.0.1)'",
        refusal: "host (10.0.0.1)",
    },
    Recorded {
        tool: "atlas",
        files: &[
            ("migrations/1_a.sql", FIRST),
            ("migrations/2_b.sql", "-- atlas:txmode none\n\nCREATE TABLE u (id int);\n"),
        ],
        table: "CREATE TABLE atlas_schema_revisions (version VARCHAR(255) NOT NULL PRIMARY KEY, description text NOT NULL, \
                type bigint NOT NULL DEFAULT 2, applied bigint NOT NULL DEFAULT 0, total bigint NOT NULL DEFAULT 0, \
                executed_at timestamp NOT NULL, execution_time bigint NOT NULL, error text, error_stmt text, \
                hash text NOT NULL, partial_hashes text, operator_version text NOT NULL);\n\
                INSERT INTO atlas_schema_revisions VALUES \
                ('.atlas_cloud_identifier', 'x', 2, 0, 0, '2024-05-06 07:08:09', 0, '', '', '', NULL, 'x'), \
                ('1', 'a', 2, 2, 2, '2024-05-06 07:08:09', 5, '', '', '5Rcp5n8vNI8w+/iAZClYAY3fKbjapY1s6/iK5eMGc5Y=', NULL, 'Atlas CLI'), \
                ('2', 'b', 2, 1, 1, '2024-05-06 07:08:09', 5, '', '', 'x', NULL, 'Atlas CLI');",
        ids: &["1", "2"],
        history: &["1 match adopted", "2 edited adopted"],
        fail: "UPDATE atlas_schema_revisions SET applied = 0 WHERE version = '2'",
        refusal: "stopped after 0 of 1",
    },
];

/// Writes bytes and hex as the database does.
fn spelled(sql: &str, sqlite: bool) -> String {
    let (kind, before, after) = if sqlite { ("BLOB", "X'", "'") } else { ("bytea", "'\\x", "'") };
    let mut text = sql.replace("BYTES", kind);
    while let Some(at) = text.find("HEX(") {
        let end = text[at..].find(')').expect("HEX(…)") + at;
        let hex = text[at + 4..end].to_owned();
        text.replace_range(at..=end, &format!("{before}{hex}{after}"));
    }
    text
}

/// Imports each history three times: as a dry run, for good, and again; then as one that failed.
fn taken_over(recorded: &Recorded, sqlite: bool) {
    let server = if sqlite { None } else { postgres::database() };
    if !sqlite && server.is_none() {
        return;
    }
    let url = server.as_ref().map_or_else(|| "sqlite://app.db".to_owned(), |database| database.url());
    let project = project(&url);
    recorded.files.iter().for_each(|(path, text)| _ = project.write(path, text));
    let run = |sql: &str| match &server {
        Some(database) => database.execute(sql),
        None => sqlite::execute(&project.path("app.db"), sql),
    };
    let lines = |sql: &str| match &server {
        Some(database) => database.lines(sql),
        None => sqlite::lines(&project.path("app.db"), sql),
    };
    run(&spelled(recorded.table, sqlite));
    let line = format!("import {} --json", recorded.tool);

    if !recorded.fail.is_empty() {
        run("CREATE TABLE keep_me AS SELECT 1 AS a");
        run(&format!("CREATE TABLE saved AS SELECT * FROM {}", table_of(recorded)));
        run(recorded.fail);
        let refused = project.migrate(&line).exits(1);
        assert!(refused.stderr.contains(recorded.refusal), "{}: {}", recorded.tool, refused.stderr);
        assert!(!project.path("revisions").exists(), "{}: a refused import wrote files", recorded.tool);
        run(&format!("DELETE FROM {0}; INSERT INTO {0} SELECT * FROM saved; DROP TABLE saved", table_of(recorded)));
    }

    let dry = project.migrate(&format!("{line} --dry-run")).ok().json();
    assert_eq!(ids(&dry), recorded.ids, "{}", recorded.tool);
    assert!(!project.path("revisions").exists(), "{}: a dry run wrote files", recorded.tool);

    let report = project.migrate(&line).ok().json();
    let found = history(&report);
    assert_eq!(found.len(), recorded.history.len(), "{}: {found:?}", recorded.tool);
    for (found, wanted) in found.iter().zip(recorded.history) {
        assert!(found.ends_with(wanted), "{}: {found} is not {wanted}", recorded.tool);
    }
    assert_eq!(project.files("revisions").len(), recorded.ids.len(), "{}", recorded.tool);
    let adopted = recorded.history.iter().filter(|row| row.ends_with("adopted")).count();
    let count = lines("SELECT count(*) FROM migrate_revision WHERE state = 'adopted'");
    assert_eq!(count, [adopted.to_string()], "{}", recorded.tool);
    // Nothing was run: none of the tables of these files is there.
    let there = if sqlite { "sqlite_schema" } else { "pg_catalog.pg_class" };
    let column = if sqlite { "name" } else { "relname" };
    assert_eq!(lines(&format!("SELECT count(*) FROM {there} WHERE {column} IN ('t', 'u', 'v')")), ["0"]);

    let again = project.migrate(&line).ok().json();
    assert!(history(&again).iter().all(|row| !row.ends_with("adopted")), "{}: adopted twice", recorded.tool);
}

/// The table that `fail` changes.
fn table_of(recorded: &Recorded) -> &str {
    recorded.fail.split(' ').nth(1).unwrap_or_default()
}

#[test]
fn every_tool_on_sqlite() {
    HISTORIES.iter().for_each(|recorded| taken_over(recorded, true));
}

#[test]
fn every_tool_on_postgresql() {
    HISTORIES.iter().for_each(|recorded| taken_over(recorded, false));
}

#[test]
fn the_time_and_the_tools_own_id_are_kept() {
    let project = project("sqlite://app.db");
    let flyway = HISTORIES.iter().find(|recorded| recorded.tool == "flyway").expect("a history of Flyway's");
    flyway.files.iter().for_each(|(path, text)| _ = project.write(path, text));
    sqlite::execute(&project.path("app.db"), &spelled(flyway.table, true));
    project.migrate("import flyway").ok();
    let rows =
        "SELECT applied_at || ' ' || applied_by || ' ' || (script IS NULL) FROM migrate_revision ORDER BY revision";
    assert_eq!(
        sqlite::lines(&project.path("app.db"), rows),
        ["2024-05-06T07:08:09.000Z bob (Flyway 1) 0", "2024-05-06T07:08:09.000Z bob (Flyway 1.2) 1",]
    );
    let name = project.files("revisions").into_iter().find(|name| name.contains("V1_2")).expect("the file of V1_2");
    let file = project.read(&format!("revisions/{name}"));
    assert!(file.contains("-- migrate:downgrade\nDROP TABLE u;"), "{file}");
}

#[test]
fn a_table_of_another_tool_is_not_taken_for_this_ones() {
    let project = project("sqlite://app.db");
    project.write("db/migrations/1_a.sql", "-- migrate:up\nSELECT 1;\n");
    sqlite::execute(&project.path("app.db"), "CREATE TABLE schema_migrations (version int, dirty int)");
    let refused = project.migrate("import dbmate").exits(1);
    assert!(refused.stderr.contains("golang-migrate"), "{}", refused.stderr);
}

#[test]
fn the_folder_of_the_other_tool_is_not_written_into() {
    let project = project("sqlite://app.db");
    project.write("migrate.toml", "[database]\nurl = \"sqlite://app.db\"\n");
    project.write("migrations/1_a.sql", "SELECT 1;\n");
    let refused = project.migrate("import sqlx --files-only").exits(1);
    assert!(refused.stderr.contains("another folder"), "{}", refused.stderr);
    assert_eq!(project.files("migrations"), ["1_a.sql"]);
}

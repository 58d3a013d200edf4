//! Histories that the tools themselves make.

use std::path::PathBuf;
use std::process::Command;

use super::super::support::{Project, postgres, repository, skip, sqlite};
use super::{history, ids, project};

/// A program of that name on the search path or in the folder that tests/run fills; None, and a word, without it.
fn program(name: &str) -> Option<PathBuf> {
    let own = repository().join("target/test-tools/node/node_modules/.bin").join(name);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).chain([own]).find(|file| file.is_file());
    if found.is_none() {
        skip(&format!("no {name}"));
    }
    found
}

/// Runs a program in the project and returns what it printed; it must succeed.
fn run(project: &Project, command: &mut Command) -> String {
    let output = command.current_dir(project.folder()).env("HOME", project.path(".home")).output().expect("it starts");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{text}");
    text
}

#[test]
fn refinery() {
    let project = project("sqlite://app.db");
    project.write("migrations/V1__first_table.sql", "CREATE TABLE t (id int);\n");
    project.write("migrations/V2__second.sql", "CREATE TABLE u (id int);\n");
    let runner = |project: &Project| {
        let migrations = refinery::load_sql_migrations(project.path("migrations")).expect("refinery reads its files");
        refinery::Runner::new(&migrations)
    };
    let mut connection = rusqlite::Connection::open(project.path("app.db")).expect("a database");
    runner(&project).run(&mut connection).expect("refinery runs");
    drop(connection);
    project.write("migrations/V2__second.sql", "CREATE TABLE u (id int, more int);\n");
    project.write("migrations/U3__out_of_order.sql", "CREATE TABLE v (id int);\n");
    project.write("migrations/V4__code.rs", "pub fn migration() -> String { String::new() }\n");
    let report = project.migrate("import refinery --json").ok().json();
    assert_eq!(ids(&report), ["V1", "V2", "U3", "V4"]);
    assert_eq!(history(&report), ["1 match adopted", "2 edited adopted"]);
    let rows =
        sqlite::lines(&project.path("app.db"), "SELECT revision || ' ' || message FROM migrate_revision ORDER BY 1");
    assert_eq!(rows, ["V1 first table", "V2 second"]);
}

#[test]
fn dbmate() {
    let Some(dbmate) = program("dbmate") else { return };
    let project = project("sqlite://app.db");
    project.write(
        "db/migrations/20240101120000_users.sql",
        "-- migrate:up\nCREATE TABLE users (id integer PRIMARY KEY, name text);\n\n-- migrate:down\nDROP TABLE users;\n",
    );
    let up = |project: &Project| {
        let url = format!("sqlite:{}", project.path("app.db").display());
        run(project, Command::new(&dbmate).args(["--no-dump-schema", "up"]).env("DATABASE_URL", url));
    };
    up(&project);
    project.write(
        "db/migrations/20240102120000_index.sql",
        "-- migrate:up transaction:false\nCREATE INDEX users_name ON users (name);\n-- migrate:down\nDROP INDEX users_name;\n",
    );
    let report = project.migrate("import dbmate --json").ok().json();
    assert_eq!(history(&report), ["20240101120000 unknown adopted"]);
    let text = project.read("revisions/2024-01-02_20240102120000_index.sql");
    assert!(text.contains("-- migrate:upgrade no-transaction\nCREATE INDEX"), "{text}");
}

#[test]
fn sqitch() {
    let Some(sqitch) = program("sqitch") else { return };
    let project = project("sqlite://app.db");
    let sqitch = |project: &Project, line: &str| {
        let mut command = Command::new(&sqitch);
        command.args(line.split(' ')).env("SQITCH_FULLNAME", "A B").env("SQITCH_EMAIL", "a@b.c");
        run(project, &mut command)
    };
    sqitch(&project, "init flipr --uri https://example.org/flipr/ --engine sqlite");
    sqitch(&project, "add users -n Users#1");
    sqitch(&project, "add names -r users -n Names");
    project.write("deploy/users.sql", "-- Deploy\nBEGIN;\nCREATE TABLE users (id integer, name text);\nCOMMIT;\n");
    project.write("revert/users.sql", "BEGIN;\nDROP TABLE users;\nCOMMIT;\n");
    project.write("deploy/names.sql", "BEGIN;\nCREATE INDEX names ON users (name);\nCOMMIT;\n");
    project.write("revert/names.sql", "BEGIN;\nDROP INDEX names;\nCOMMIT;\n");
    ["verify/users.sql", "verify/names.sql"].iter().for_each(|file| _ = project.write(file, "SELECT 1;\n"));
    sqitch(&project, "tag v1 -n one");
    sqitch(&project, "rework names -n Again");
    project.write("deploy/names.sql", "DROP INDEX names;\nCREATE INDEX names ON users (name, id);\n");
    sqitch(&project, "deploy db:sqlite:app.db");
    project.write("deploy/names.sql", "DROP INDEX names;\nCREATE INDEX names ON users (id, name);\n");
    let report = project.migrate("import sqlsqitch --json");
    assert_eq!(report.code, Some(2), "a tool that there is not");
    let report = project.migrate("import sqitch --json").ok().json();
    assert_eq!(ids(&report), ["users", "names_v1", "names"]);
    let checks: Vec<String> = history(&report).iter().map(|row| row[41..].to_owned()).collect();
    assert_eq!(checks, ["match adopted", "match adopted", "edited adopted"]);
}

#[test]
fn django() {
    let Some(python) = super::super::support::python::python() else { return };
    let has_django = Command::new(&python).args(["-c", "import django"]).output().is_ok_and(|run| run.status.success());
    if !has_django {
        skip("no Django in the Python of the tests");
    }
    let project = project("sqlite://app.db");
    let settings = "SECRET_KEY = 'x'\nINSTALLED_APPS = ['shop']\nDEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\n\
                    DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'app.db'}}\n";
    let manage = "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n\
                  from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n";
    project.write("manage.py", manage).write("site1/__init__.py", "").write("site1/settings.py", settings);
    project.write("shop/__init__.py", "").write("shop/migrations/__init__.py", "");
    let model = |columns: &str| format!("from django.db import models\n\n\nclass Item(models.Model):\n{columns}\n");
    let manage = |line: &str| run(&project, Command::new(&python).arg("manage.py").args(line.split(' ')));
    project.write("shop/models.py", &model("    name = models.CharField(max_length=20, unique=True)"));
    manage("makemigrations -v0 shop");
    manage("migrate -v0");
    project.write("shop/models.py", &model("    name = models.CharField(max_length=40)"));
    manage("makemigrations -v0 shop -n longer");
    let report = project.run(["import", "django", "--json", "--python", &python.display().to_string()]).ok().json();
    assert_eq!(ids(&report), ["shop_0001_initial", "shop_0002_longer"]);
    assert_eq!(history(&report), ["shop.0001_initial unknown adopted"]);
    let file = project.files("revisions").into_iter().find(|name| name.contains("0002")).expect("the second revision");
    let text = project.read(&format!("revisions/{file}"));
    assert!(text.contains("-- revises: shop_0001_initial"), "{text}");
    assert!(text.contains("-- migrate:upgrade sqlite\n") && text.contains("varchar(40)"), "{text}");
    assert!(text.contains("-- migrate:downgrade sqlite\n") && text.contains("varchar(20) NOT NULL UNIQUE"), "{text}");

    // A squash is left out while what it replaces is there; what depends on it depends on the last of these.
    let migration = |body: &str| {
        format!(
            "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    operations = []\n    {body}\n"
        )
    };
    let squash = migration("replaces = [('shop', '0001_initial'), ('shop', '0002_longer')]");
    project.write("shop/migrations/0001_squashed_0002.py", &squash);
    project.write("shop/migrations/0003_later.py", &migration("dependencies = [('shop', '0001_squashed_0002')]"));
    project.run(["import", "django", "--files-only", "--python", &python.display().to_string()]).ok();
    let file = project.files("revisions").into_iter().find(|name| name.contains("0003")).expect("the third revision");
    let text = project.read(&format!("revisions/{file}"));
    assert!(text.contains("-- revises: shop_0002_longer\n"), "{text}");
    project.migrate("upgrade heads").ok();
}

#[test]
fn a_tool_that_is_running_is_waited_out() {
    let Some(database) = postgres::database() else { return };
    let project = project(&database.url());
    project.write("migrations/1_a.up.sql", "SELECT 1;\n");
    database.execute(
        "CREATE TABLE _sqlx_migrations (version bigint, description text, installed_on timestamptz DEFAULT now(), \
         success bool, checksum bytea, execution_time bigint); INSERT INTO _sqlx_migrations VALUES (1, 'a', now(), true, '\\x00', 1)",
    );
    // sqlx's own lock, from its own rule: 0x3d32ad9e times the CRC-32 of the database's name.
    let key = 0x3d32_ad9e_i64 * i64::from(crc32fast::hash(database.name().as_bytes()));
    let mut holder = database
        .server()
        .program("psql")
        .args([&database.url(), "-c", &format!("SELECT pg_advisory_lock({key}), pg_sleep(60)")])
        .spawn()
        .expect("psql starts");
    let held = format!(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = {}",
        key & 0xffff_ffff
    );
    super::super::support::server::wait_until("psql has the lock", std::time::Duration::from_secs(20), || {
        database.lines(&held) == ["1"]
    });
    let refused = project.migrate("import sqlx").exits(1);
    assert!(refused.stderr.contains("sqlx is running"), "{}", refused.stderr);
    assert!(project.files("revisions").is_empty(), "the files of a refused import stay");
    holder.kill().expect("psql can be stopped");
    holder.wait().expect("psql ends");
}

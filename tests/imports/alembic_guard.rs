//! An Alembic project that tries by every way to reach its database while it is taken over.

use std::path::Path;

use super::super::support::{
    Project, judge, postgres,
    python::{old_python, python},
    sqlite,
};
use super::project;

/// Each of these would empty `kept`, if it got through, and hides what became of it. `%` stands for the database's URL.
const WAYS: &[(&str, &str)] = &[
    ("engine", "    with sa.create_engine(URL).begin() as c:\n        c.execute(sa.text(EMPTY))"),
    ("creator", "    with sa.create_engine(URL, creator=driver).begin() as c:\n        c.execute(sa.text(EMPTY))"),
    ("driver", "    c = driver()\n    c.cursor().execute(EMPTY)\n    c.commit()"),
    ("shell", "    os.system(SHELL)"),
    ("process", "    subprocess.run(['/bin/sh', '-c', SHELL])"),
    ("spawn", "    os.posix_spawn('/bin/sh', ['/bin/sh', '-c', SHELL], os.environ)"),
    ("fork", "    if os.fork() == 0:\n        os._exit(os.system(SHELL))"),
    ("thread", "    t = threading.Thread(target=lambda: driver().cursor())\n    t.start()"),
    ("socket", "    socket.create_connection(('127.0.0.1', PORT))"),
    ("attached", "    sqlite3.connect(':memory:').execute('ATTACH ? AS x', ('app.db',))"),
];

const HEAD: &str = "import os, socket, sqlite3, subprocess, threading\nimport sqlalchemy as sa\nfrom alembic import op\n\
                    URL = open('url.txt').read()\nEMPTY = 'DELETE FROM kept'\nSHELL = open('shell.txt').read()\nPORT = 5432\n\n\n\
                    def driver():\n    if URL.startswith('sqlite'):\n        return sqlite3.connect('app.db')\n    \
                    import psycopg2\n    return psycopg2.connect(URL.replace('+psycopg2', ''))\n\n\n";

fn revision(project: &Project, id: &str, before: Option<&str>, at_import: &str, up: &str, down: &str) {
    let before = before.map_or_else(|| "None".to_owned(), |id| format!("'{id}'"));
    let text = format!(
        "{HEAD}revision = '{id}'\ndown_revision = {before}\n{at_import}\n\ndef upgrade():\n{up}\n\n\ndef downgrade():\n{down}\n"
    );
    project.write(&format!("versions/{id}.py"), &text);
}

/// Writes the project; returns the ids whose upgrade, and those whose downgrade must be refused.
fn reaching(url: &str, shell: &str) -> (Project, Vec<String>, Vec<String>) {
    let project = project(url);
    let theirs = if url.starts_with("sqlite") {
        "sqlite:///app.db"
    } else {
        &url.replace("postgresql:", "postgresql+psycopg2:")
    };
    project.write("url.txt", theirs).write("shell.txt", shell);
    project.write("alembic.ini", "[alembic]\nscript_location = .\n");
    project.write("env.py", "from alembic import context\ncontext.configure(url='')\ncontext.run_migrations()\n");
    revision(&project, "first", None, "", "    op.execute('CREATE TABLE t (a int)')", "    op.execute('DROP TABLE t')");
    let mut last = "first".to_owned();
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for (name, way) in WAYS {
        let hidden = format!("    try:\n{}\n    except BaseException:\n        op.execute('SELECT 1')", indented(way));
        revision(&project, &format!("up_{name}"), Some(&last), "", &hidden, "    pass");
        revision(&project, &format!("down_{name}"), Some(&format!("up_{name}")), "", "    pass", &hidden);
        last = format!("down_{name}");
        up.push(format!("up_{name}"));
        down.push(format!("down_{name}"));
    }
    let session = "from sqlalchemy.orm import Session\ntry:\n    with Session(sa.create_engine(URL)) as session:\n        \
                   session.execute(sa.text(EMPTY))\n        session.commit()\nexcept Exception:\n    pass\n";
    revision(&project, "imported", Some(&last), session, "    op.execute('SELECT 1')", "    pass");
    up.push("imported".to_owned());
    (project, up, down)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// Imports as a dry run, and for good with and without recording; `state` is all that is in the database.
fn nothing_gets_through(project: &Project, python: &Path, refused: (&[String], &[String]), state: &dyn Fn() -> String) {
    let before = state();
    let python = python.display().to_string();
    for more in [&["--dry-run"][..], &["--files-only", "--record"], &["--files-only"]] {
        let line = ["import", "alembic", "--json", "--python", &python];
        let report = project.run(line.iter().chain(more)).ok().json();
        assert_eq!(state(), before, "{more:?}");
        let notes = |id: &str| {
            let all = report["revisions"].as_array().expect("revisions");
            let found = all.iter().find(|one| one["revision"] == id).expect("the revision");
            found["notes"].to_string()
        };
        assert_eq!(notes("first"), "[]");
        for id in refused.0 {
            let notes = notes(id);
            assert!(notes.contains("[\"") && notes.contains(": no SQL, because it "), "{id}: {notes}");
            assert!(id == "imported" || !notes.contains("downgrade"), "{id}: {notes}");
        }
        for id in refused.1 {
            let notes = notes(id);
            assert!(notes.contains("downgrade") && !notes.contains("recorded by running"), "{id}: {notes}");
        }
        if more.len() == 2 {
            project.files("revisions").iter().for_each(|file| _ = project.remove(&format!("revisions/{file}")));
        }
    }
    for id in refused.0 {
        let name = project.files("revisions").into_iter().find(|name| name.contains(id.as_str())).expect("its file");
        let text = project.read(&format!("revisions/{name}"));
        assert!(text.contains("could not print revision"), "{text}");
    }
}

fn on_sqlite(python: Option<std::path::PathBuf>) {
    let Some(python) = python else { return };
    let (project, up, down) = reaching("sqlite://app.db", "sqlite3 app.db 'DELETE FROM kept'");
    let file = project.path("app.db");
    sqlite::execute(&file, "CREATE TABLE kept (a int); INSERT INTO kept VALUES (1), (2)");
    let state = || format!("{:?}", std::fs::read(&file).expect("the database"));
    nothing_gets_through(&project, &python, (&up, &down), &state);
}

fn on_postgresql(python: Option<std::path::PathBuf>) {
    let Some(python) = python else { return };
    let Some(database) = postgres::database() else { return };
    database.execute("CREATE TABLE kept (a int); INSERT INTO kept VALUES (1), (2)");
    let shell = format!("psql '{}' -c 'DELETE FROM kept'", database.url());
    let (project, up, down) = reaching(&database.url(), &shell);
    let state = || format!("{:?}{:?}", judge::postgres(&database.dump()), database.lines("SELECT xmin, a FROM kept"));
    nothing_gets_through(&project, &python, (&up, &down), &state);
}

#[test]
fn nothing_reaches_an_sqlite_database() {
    on_sqlite(python());
}

#[test]
fn nothing_reaches_a_postgresql_database() {
    on_postgresql(python());
}

#[test]
fn nothing_reaches_an_sqlite_database_from_sqlalchemy_1_4() {
    on_sqlite(old_python());
}

#[test]
fn nothing_reaches_a_postgresql_database_from_sqlalchemy_1_4() {
    on_postgresql(old_python());
}

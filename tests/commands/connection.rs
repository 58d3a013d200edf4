//! How a database is found and reached: URLs, libpq's variables, the password file, TLS; and what is never shown.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::postgres::Database;
use crate::support::{Outcome, Project, postgres, server};

/// A role of its own that needs a password over TCP, and its URL.
fn guarded(database: &Database) -> String {
    let role = format!("{}_user", database.name());
    database.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 's3cr3t/@' IN ROLE password_only"));
    role
}

#[track_caller]
fn reached(outcome: Outcome) {
    assert_eq!(outcome.ok().stderr.trim(), "nothing is applied");
}

#[test]
fn every_spelling_of_a_url_reaches_the_database() {
    let Some(database) = postgres::database() else { return };
    let (port, name) = (database.server().port(), database.name());
    let folder = database.server().folder().display().to_string();
    for url in [
        format!("postgres://postgres@127.0.0.1:{port}/{name}"),
        format!("postgresql+asyncpg://postgres@127.0.0.1:{port}/{name}?ssl=disable&prepared_statement_cache_size=0"),
        format!("postgresql+psycopg2://postgres:unused@127.0.0.1:{port}/{name}"),
        format!("postgresql://postgres@/{name}?host={folder}&port={port}"),
        format!("postgresql://postgres@{}:{port}/{name}", folder.replace('/', "%2F")),
        format!("postgresql:///{name}?host={folder}&port={port}&user=postgres"),
        format!("postgresql://postgres@127.0.0.1:1,127.0.0.1:{port}/{name}"),
        format!(
            "postgresql://postgres@127.0.0.1:{port}/{name}?sslmode=prefer&connect_timeout=5&application_name=a%20b"
        ),
    ] {
        reached(Project::with_url(&url).migrate("current"));
    }
}

#[test]
fn what_the_url_leaves_open_comes_from_libpqs_variables() {
    let Some(database) = postgres::database() else { return };
    let mut project = Project::with_url("postgresql://");
    for (name, value) in [
        ("PGHOST", database.server().folder().display().to_string()),
        ("PGPORT", database.server().port().to_string()),
        ("PGUSER", "postgres".to_owned()),
        ("PGDATABASE", database.name().to_owned()),
    ] {
        project.env(name, value);
    }
    reached(project.migrate("current"));
}

#[test]
fn a_password_comes_from_the_url_the_environment_or_the_password_file() {
    let Some(database) = postgres::database() else { return };
    let role = guarded(&database);
    let (port, name) = (database.server().port(), database.name());
    reached(Project::with_url(&format!("postgresql://{role}:s3cr3t%2F%40@127.0.0.1:{port}/{name}")).migrate("current"));
    let mut project = Project::with_url(&format!("postgresql://{role}@127.0.0.1:{port}/{name}"));
    let outcome = project.migrate("current").exits(1);
    assert!(outcome.stderr.contains("PGPASSWORD"), "{}", outcome.shown());
    project.write(
        ".home/.pgpass",
        &format!("# mine\n127.0.0.1:{port}:other:*:wrong\n127.0.0.1:*:{name}:{role}:s3cr3t/@\n"),
    );
    let file = project.path(".home/.pgpass");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    project.migrate("current").exits(1);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    reached(project.migrate("current"));
    std::fs::remove_file(&file).unwrap();
    project.env("PGPASSWORD", "s3cr3t/@");
    reached(project.migrate("current"));
}

#[test]
fn a_password_is_never_shown() {
    let Some(database) = postgres::database() else { return };
    let role = guarded(&database);
    let (port, name) = (database.server().port(), database.name());
    for url in [
        format!("postgresql://{role}:s3cr3t%2F%40@127.0.0.1:{port}/{name}"),
        format!("postgresql://{role}:s3cr3tbutwrong@127.0.0.1:{port}/{name}"),
        format!("postgresql://{role}:s3cr3t/@127.0.0.1:{port}/{name}"),
        "postgresql://ann:s3cr3t@127.0.0.1:1/none".to_owned(),
        "postgresql://ann:s3cr3t@127.0.0.1:port/none".to_owned(),
        "postgresql://ann@127.0.0.1:1/none?password=s3cr3t".to_owned(),
        "postgresql://ann:s3cr3t@127.0.0.1:1/none?sslmode=nonsense".to_owned(),
        "mysql://ann:s3cr3t@127.0.0.1/none".to_owned(),
        "ann:s3cr3t@127.0.0.1".to_owned(),
    ] {
        let mut project = Project::with_url(&url);
        project.env("MIGRATE_LOG", "trace");
        project.revision("r1", "", "SELECT nosuch;", "");
        for line in [
            "current -v",
            "current --json",
            "upgrade head",
            "upgrade head --json",
            "stamp head",
            "verify",
            "upgrade head --sql",
        ] {
            let outcome = project.migrate(line);
            assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains("s3cr3t"), "{url}\n{}", outcome.shown());
        }
    }
}

#[test]
fn a_database_that_there_is_no_support_for_is_named() {
    let project = Project::with_url("mysql+pymysql://root@localhost/app");
    insta::assert_snapshot!(project.migrate("current").shown(), @r"
    | error: migrate knows no database of the scheme `mysql+pymysql`; it works with PostgreSQL (`postgresql://`) and SQLite (`sqlite://`)
    [exit 1]
    ");
}

#[test]
fn certificates_are_checked_as_sslmode_says() {
    let folder = tempfile::tempdir().unwrap();
    if !make_certificates(folder.path()) {
        crate::support::skip("no openssl");
        return;
    }
    let Some(server) = server::own(&[]) else { return };
    for file in ["server.crt", "server.key"] {
        let target = server.folder().join("data").join(file);
        std::fs::copy(folder.path().join(file), &target).unwrap();
        server::give(&target);
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let database = Database::on(&server);
    let (port, name) = (server.port(), database.name());
    let root = folder.path().join("root.crt").display().to_string();
    let try_with = |host: &str, parameters: &str| {
        Project::with_url(&format!("postgresql://postgres@{host}:{port}/{name}?{parameters}")).migrate("current")
    };
    // A server without TLS: only what insists on it fails.
    reached(try_with("127.0.0.1", "sslmode=prefer"));
    let outcome = try_with("127.0.0.1", "sslmode=require").exits(1);
    assert!(outcome.stderr.contains("does not support TLS"), "{}", outcome.shown());
    database.execute("ALTER SYSTEM SET ssl = on");
    database.execute("SELECT pg_reload_conf()");
    server::wait_until("the server speaks TLS", std::time::Duration::from_secs(10), || {
        try_with("127.0.0.1", "sslmode=require").code == Some(0)
    });
    reached(try_with("localhost", &format!("sslmode=verify-full&sslrootcert={root}")));
    reached(try_with("127.0.0.1", &format!("sslmode=verify-ca&sslrootcert={root}")));
    for (host, parameters, word) in [
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={root}"), "not valid for name"),
        ("localhost", "sslmode=verify-full&sslrootcert=system".to_owned(), "certificate"),
        ("localhost", "sslmode=verify-ca&sslrootcert=/nowhere.crt".to_owned(), "/nowhere.crt"),
    ] {
        let outcome = try_with(host, &parameters).exits(1);
        assert!(outcome.stderr.contains(word), "{parameters}: {}", outcome.shown());
    }
    server.stop();
}

/// root.crt, and server.crt with server.key for the name localhost.
fn make_certificates(folder: &std::path::Path) -> bool {
    let script = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=root -keyout root.key -out root.crt \
         -addext basicConstraints=critical,CA:TRUE && \
         openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr && \
         printf 'subjectAltName=DNS:localhost' > names && \
         openssl x509 -req -in server.csr -CA root.crt -CAkey root.key -CAcreateserial -days 2 -extfile names -out server.crt";
    Command::new("sh").args(["-c", script]).current_dir(folder).output().is_ok_and(|output| output.status.success())
}

//! How a database is found and reached: URLs, libpq's variables, the password file, TLS; and what is never shown.

use std::os::unix::fs::PermissionsExt;

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
    insta::assert_snapshot!(project.migrate("current").shown(), @r#"
    | error: unsupported database scheme `mysql+pymysql`; migrate works with PostgreSQL (`postgresql://`) and SQLite (`sqlite://`)
    |   --> [project]/migrate.toml:5:7
    |   |
    | 5 | url = "mysql+pymysql://root@localhost/app"
    |   |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    [exit 1]
    "#);
}

#[test]
fn no_parameter_is_ignored() {
    // Nothing listens there: each is refused before.
    let refused = |parameters: &str| {
        let outcome = Project::with_url(&format!("postgresql://ann@127.0.0.1:1/app?{parameters}")).migrate("current");
        let outcome = outcome.exits(1);
        assert!(!outcome.stderr.contains("cannot connect"), "{parameters}: {}", outcome.shown());
        assert!(outcome.stderr.contains("migrate.toml:5:7"), "{parameters}: {}", outcome.shown());
        outcome
    };
    insta::assert_snapshot!(refused("sslmod=verify-full").shown(), @r#"
    | error: the database URL has the unknown parameter `sslmod`
    |   --> [project]/migrate.toml:5:7
    |   |
    | 5 | url = "postgresql://ann@127.0.0.1:1/app?sslmod=verify-full"
    |   |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    |   hint: did you mean `sslmode`?
    [exit 1]
    "#);
    insta::assert_snapshot!(refused("target_session_attrs=bogus").shown(), @r#"
    | error: target_session_attrs is `bogus`; it is one of any, read-write, read-only, primary, standby, prefer-standby
    |   --> [project]/migrate.toml:5:7
    |   |
    | 5 | url = "postgresql://ann@127.0.0.1:1/app?target_session_attrs=bogus"
    |   |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    [exit 1]
    "#);
    for (parameters, words) in [
        ("connect_timeot=3", "did you mean `connect_timeout`?"),
        ("nonsense=3", "the unknown parameter `nonsense`"),
        ("schema=app", "options=-c%20search_path%3DNAME"),
        ("sslmode=require&sslmode=disable", "`sslmode` twice"),
        ("sslmode=bogus", "disable, allow, prefer, require, verify-ca, verify-full"),
        ("sslmode=", "sslmode is empty"),
        ("ssl=bogus", "ssl is `bogus`"),
        ("channel_binding=yes", "channel_binding is `yes`; it is one of disable, prefer, require"),
        ("gssencmode=require", "gssencmode can't be honoured"),
        ("krbsrvname=postgres", "krbsrvname can't be honoured"),
        ("sslnegotiation=fast", "postgres, direct"),
        ("sslnegotiation=direct", "needs sslmode=require"),
        ("sslrootcert=system&sslmode=require", "needs sslmode=verify-full"),
        ("sslcertmode=maybe", "disable, allow, require"),
        ("sslsni=maybe", "1, 0"),
        ("sslpassword=x", "unencrypted keys only"),
        ("sslcrl=/x.crl", "sslcrl has an effect only with"),
        ("ssl_min_protocol_version=SSLv3", "TLSv1, TLSv1.1, TLSv1.2, TLSv1.3"),
        ("ssl_max_protocol_version=TLSv1.1", "migrate has TLSv1.2 and TLSv1.3"),
        ("ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2", "above"),
        ("require_auth=kerberos", "names `kerberos`"),
        ("require_auth=md5,!password", "mixes"),
        ("require_auth=md5,md5", "twice"),
        ("load_balance_hosts=round", "disable, random"),
        ("keepalives=yes", "1, 0"),
        ("keepalives_idle=soon", "keepalives_idle is not a number of seconds"),
        ("tcp_user_timeout=5s", "tcp_user_timeout is not a number of milliseconds"),
        ("connect_timeout=5s", "connect_timeout is not a number of seconds"),
        ("client_encoding=latin1", "client_encoding can't be honoured: migrate always works in UTF8"),
        ("replication=database", "replication can't be honoured"),
        ("requirepeer=postgres", "requirepeer can't be honoured"),
        ("hostaddr=localhost", "hostaddr is not a list of numeric addresses"),
        ("hostaddr=127.0.0.1,127.0.0.2", "1 hosts and 2 addresses"),
        ("min_protocol_version=3.2", "version 3.0"),
    ] {
        let outcome = refused(parameters);
        assert!(outcome.stderr.contains(words), "{parameters}: {}", outcome.shown());
    }
    for (variable, value, words) in [
        ("PGSSLMODE", "bogus", "PGSSLMODE is `bogus`; it is one of disable"),
        ("PGCHANNELBINDING", "bogus", "PGCHANNELBINDING is `bogus`"),
        ("PGGSSENCMODE", "require", "PGGSSENCMODE can't be honoured"),
        ("PGKRBSRVNAME", "postgres", "PGKRBSRVNAME can't be honoured"),
        ("PGREQUIREAUTH", "bogus", "PGREQUIREAUTH names `bogus`"),
        ("PGTARGETSESSIONATTRS", "bogus", "PGTARGETSESSIONATTRS is `bogus`"),
        ("PGSERVICE", "nowhere", "PGSERVICE is `nowhere`, which is in no service file"),
    ] {
        let mut project = Project::with_url("postgresql://ann@127.0.0.1:1/app");
        let outcome = project.env(variable, value).migrate("current").exits(1);
        assert!(outcome.stderr.contains(words), "{}", outcome.shown());
        assert!(!outcome.stderr.contains("migrate.toml"), "the file is not to blame: {}", outcome.shown());
    }
}

#[test]
fn parameters_that_change_nothing_here_are_taken() {
    let Some(database) = postgres::database() else { return };
    let (port, name) = (database.server().port(), database.name());
    for parameters in [
        "gssencmode=disable&application_name=a%20b",
        "client_encoding=utf8&replication=false&sslcompression=0&sslsni=0&sslcertmode=disable",
        "keepalives=1&keepalives_idle=30&keepalives_interval=5&keepalives_count=3&tcp_user_timeout=20000",
        "require_auth=none&load_balance_hosts=random&channel_binding=disable&connect_timeout=-1",
        "target_session_attrs=primary&fallback_application_name=app&max_protocol_version=3.2",
        "pgbouncer=true&connection_limit=1&statement_cache_size=0",
    ] {
        reached(
            Project::with_url(&format!("postgresql://postgres@127.0.0.1:{port}/{name}?{parameters}"))
                .migrate("current"),
        );
    }
    let mut project =
        Project::with_url(&format!("postgresql://postgres@nowhere.invalid:{port}/{name}?hostaddr=127.0.0.1"));
    reached(project.migrate("current"));
    project = Project::with_url("postgresql://");
    project.write(
        ".home/.pg_service.conf",
        &format!("[mine]\nhost=127.0.0.1\nport={port}\nuser=postgres\ndbname={name}\n"),
    );
    reached(project.env("PGSERVICE", "mine").migrate("current"));
    let outcome =
        Project::with_url(&format!("postgresql://postgres@127.0.0.1:{port}/{name}?target_session_attrs=standby"));
    let outcome = outcome.migrate("current").exits(1);
    assert!(outcome.stderr.contains("the server is not a standby"), "{}", outcome.shown());
    let options = format!(
        "postgresql://postgres@127.0.0.1:{port}/{name}?target_session_attrs=read-write&options=-c%20default_transaction_read_only%3Don"
    );
    let outcome = Project::with_url(&options).migrate("current").exits(1);
    assert!(outcome.stderr.contains("the session is read-only"), "{}", outcome.shown());
}

#[test]
fn a_url_whose_password_has_no_end_is_refused() {
    for password in [
        "qqj@jjx/w#zzj",
        "qqj@jjx",
        "qqj/jjx",
        "qqj?jjx",
        "qqj@xj?vvj",
        "qqj@xxj/vvj?wwj=jjw",
        "/qqj",
        "4711/1147",
        "4711?xxj=1174",
        "qqj#/jjx",
        "%zzj@qqj",
    ] {
        let url = format!("postgresql://ann:{password}@localhost:1/x");
        for line in ["current", "current --json", "database wait --timeout 100ms"] {
            let outcome = Project::with_url(&url).migrate(line).exits(1);
            assert!(outcome.stderr.contains("write `@` as `%40`"), "{url}: {}", outcome.shown());
            assert!(!outcome.stderr.contains("cannot connect"), "{url}: {}", outcome.shown());
            let both = format!("{}{}", outcome.stdout, outcome.stderr).replace("`%", "");
            for piece in password.split(['/', '@', '#', '?', '=', '%']).filter(|piece| piece.len() > 1) {
                assert!(!both.contains(piece), "{piece} of {url}: {}", outcome.shown());
            }
        }
    }
    let outcome = Project::with_url("shop.db").migrate("current").exits(1);
    insta::assert_snapshot!(outcome.shown(), @r#"
    | error: the database URL has no scheme; it begins with `postgresql://` or `sqlite://`
    |   --> [project]/migrate.toml:5:7
    |   |
    | 5 | url = "shop.db"
    |   |       ^^^^^^^^^
    |   hint: for an SQLite file write `sqlite://shop.db`
    [exit 1]
    "#);
}

#[test]
fn a_missing_database_is_not_there() {
    let Some(database) = postgres::database() else { return };
    let project = Project::with_url(&database.server().tcp_url("nowhere_to_be_found"));
    for line in ["current", "database wait --timeout 3s"] {
        let outcome = project.migrate(line).exits(1);
        assert!(outcome.stderr.contains("create the database first: `migrate database create`"), "{}", outcome.shown());
    }
    project.migrate("database wait --server --timeout 10s").ok();
}

#[test]
fn what_is_no_sqlite_database_is_said() {
    for (url, words) in [
        ("sqlite://migrations", "it is a directory"),
        ("sqlite://migrate.toml", "the file is not an SQLite database"),
        ("sqlite://app.db?mdoe=ro", "did you mean `mode`?"),
        ("sqlite://app.db?mode=readonly", "mode is `readonly`"),
    ] {
        let outcome = Project::with_url(url).migrate("current").exits(1);
        assert!(outcome.stderr.contains(words), "{url}: {}", outcome.shown());
    }
    let project = Project::with_url("sqlite://app.db?mode=rw");
    project.revision("r1", "", "CREATE TABLE a (id int);", "DROP TABLE a;");
    project.migrate("upgrade head").exits(1);
    assert!(!project.path("app.db").exists());
    project.migrate("upgrade head --url sqlite://app.db").ok();
    let outcome = project.migrate("downgrade base --url sqlite://app.db?mode=ro").exits(1);
    assert!(outcome.stderr.contains("readonly"), "{}", outcome.shown());
}

#[test]
fn a_session_outlives_the_roles_timeout_for_idle_ones() {
    let Some(database) = postgres::database() else { return };
    let role = guarded(&database);
    let (port, name) = (database.server().port(), database.name());
    database.execute(&format!(
        "ALTER ROLE {role} SET idle_session_timeout = '300ms'; GRANT ALL ON SCHEMA public TO {role}"
    ));
    let project = Project::with_url(&format!("postgresql://{role}:s3cr3t%2F%40@127.0.0.1:{port}/{name}"));
    project.revision("r1", "", "CREATE TABLE a (id int);\nSELECT pg_sleep(1.5);", "");
    let first = project.start(["upgrade", "head"]);
    let sleeps = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    server::wait_until("it sleeps", std::time::Duration::from_secs(60), || !database.rows(sleeps).is_empty());
    // It waits for the first one longer than the role may be idle.
    let second = project.start(["upgrade", "head"]);
    first.wait().ok();
    second.wait().ok();
}

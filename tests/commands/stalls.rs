//! Servers that say nothing, or what no server should: no command waits for them without end, and none is trusted.

use std::sync::mpsc;
use std::time::Duration;

use migrate::database::{self, Purpose};

use crate::support::wire::{Fake, fake, message, proxy};
use crate::support::{Project, postgres};

fn silent() -> Fake {
    fake(|mut client| client.stay_silent())
}

/// Refuses TLS, then is silent.
fn without_tls() -> Fake {
    fake(|mut client| {
        client.read();
        client.write(b"N");
        client.stay_silent();
    })
}

/// Lets everybody in, and then announces a message of two gigabytes.
fn boasting() -> Fake {
    fake(|mut client| {
        client.read();
        client.write(&message(b'R', &[0, 0, 0, 0]));
        client.write(&[b'S', 0x7f, 0xff, 0xff, 0xff, b'x']);
        client.stay_silent();
    })
}

#[test]
fn connect_timeout_covers_the_whole_handshake() {
    // What never answers would be waited for until the project's patience ends, which fails the test.
    for (what, server, parameters) in [
        ("silent", silent(), "connect_timeout=1"),
        ("silent, without TLS", silent(), "connect_timeout=1&sslmode=disable"),
        ("refuses TLS", without_tls(), "connect_timeout=1"),
        ("boasting", boasting(), "connect_timeout=1&sslmode=disable"),
    ] {
        let outcome = Project::with_url(&server.url(parameters)).migrate("current").exits(1);
        assert!(outcome.stderr.contains("no answer within 1 s"), "{what}: {}", outcome.shown());
    }
}

#[test]
fn each_host_has_its_own_time() {
    let (first, second) = (silent(), silent());
    let url = format!(
        "postgresql://ann@127.0.0.1:{},127.0.0.1:{}/app?connect_timeout=1&sslmode=disable",
        first.port, second.port
    );
    let outcome = Project::with_url(&url).migrate("current").exits(1);
    for port in [first.port, second.port] {
        assert!(outcome.stderr.contains(&format!("127.0.0.1:{port}: no answer within 1 s")), "{}", outcome.shown());
    }
}

#[test]
fn waiting_for_a_database_ends_whatever_the_server_does() {
    for (server, parameters, timeout) in [
        (silent(), "", "1"),
        (without_tls(), "", "1s"),
        (boasting(), "sslmode=disable", "900ms"),
        (silent(), "connect_timeout=0", "1s"),
    ] {
        let project = Project::with_url(&server.url(parameters));
        let outcome = project.migrate(&format!("database wait --timeout {timeout}")).exits(1);
        assert!(outcome.stderr.contains("gave up after"), "{}", outcome.shown());
    }
    let outcome = Project::with_url("postgresql://h/d").migrate("database wait --timeout soon").exits(2);
    assert!(outcome.stderr.contains("write it as 2s, 500ms"), "{}", outcome.shown());
}

#[test]
fn a_server_that_is_none_is_told_so() {
    let web = fake(|mut client| {
        client.read();
        client.write(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let liar = fake(|mut client| {
        client.read();
        client.write(&[b'R', 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
        client.stay_silent();
    });
    for (server, mode, words) in [
        (&web, "prefer", "is not a PostgreSQL server"),
        (&web, "disable", "is not a PostgreSQL server"),
        (&liar, "disable", "announces a message of 2147483647 bytes"),
    ] {
        let outcome = Project::with_url(&server.url(&format!("sslmode={mode}"))).migrate("current").exits(1);
        assert!(outcome.stderr.contains(words), "{}", outcome.shown());
    }
}

#[test]
fn a_password_is_not_sent_in_a_way_that_is_forbidden() {
    // AuthenticationCleartextPassword.
    let asking = || {
        fake(|mut client| {
            client.read();
            client.write(&message(b'R', &[0, 0, 0, 3]));
            client.stay_silent();
        })
    };
    let md5 = fake(|mut client| {
        client.read();
        client.write(&message(b'R', &[0, 0, 0, 5, 1, 2, 3, 4]));
        client.stay_silent();
    });
    for (server, parameters, words) in [
        (&asking(), "channel_binding=require", "channel_binding=require needs TLS"),
        (&asking(), "require_auth=scram-sha-256", "asks for the password in clear, which require_auth=scram-sha-256"),
        (&asking(), "require_auth=!password", "which require_auth=!password forbids"),
        (&asking(), "require_auth=none", "which require_auth=none forbids"),
        (&md5, "require_auth=scram-sha-256,gss", "asks for an MD5 hash of the password"),
    ] {
        let url = server.url(&format!("sslmode=disable&{parameters}"));
        let outcome = Project::with_url(&url).migrate("current").exits(1);
        assert!(outcome.stderr.contains(words), "{parameters}: {}", outcome.shown());
        assert!(!server.has_received("hunter2"), "{parameters}");
    }
    let server = asking();
    Project::with_url(&server.url("sslmode=disable&connect_timeout=1")).migrate("current").exits(1);
    assert!(server.has_received("hunter2"), "without a parameter that forbids it, it is sent as libpq does");
}

#[test]
fn a_pool_that_is_too_small_is_named() {
    let pooler = fake(|mut client| {
        client.read();
        client.write(&message(b'R', &[0, 0, 0, 0]));
        client.write(&message(b'E', b"SFATAL\0VFATAL\0C08P01\0Mquery_wait_timeout\0\0"));
    });
    let outcome = Project::with_url(&pooler.url("sslmode=disable")).migrate("current").exits(1);
    assert!(outcome.stderr.contains("a run needs two of them at once"), "{}", outcome.shown());
}

/// A server that says what it is, and takes one query.
fn reporting(standby: bool, read_only: bool) -> Fake {
    fake(move |mut client| {
        client.read();
        client.write(&message(b'R', &[0, 0, 0, 0]));
        let word = |on: bool| if on { "on" } else { "off" };
        for (name, value) in [
            ("server_version", "16.1"),
            ("in_hot_standby", word(standby)),
            ("default_transaction_read_only", word(read_only)),
        ] {
            client.write(&message(b'S', format!("{name}\0{value}\0").as_bytes()));
        }
        client.write(&message(b'Z', b"I"));
        client.read_until("to_regclass");
    })
}

#[test]
fn the_first_host_that_is_as_wanted_is_taken() {
    for (wanted, taken) in [
        ("any", Some(0)),
        ("read-write", Some(2)),
        ("read-only", Some(0)),
        ("primary", Some(1)),
        ("standby", Some(0)),
        ("prefer-standby", Some(0)),
    ] {
        let hosts = [reporting(true, false), reporting(false, true), reporting(false, false)];
        assert_eq!(who_is_asked(&hosts, wanted), taken, "{wanted}");
    }
    // Without a standby.
    for (wanted, taken) in [("standby", None), ("prefer-standby", Some(0)), ("read-only", Some(1))] {
        let hosts = [reporting(false, false), reporting(false, true)];
        assert_eq!(who_is_asked(&hosts, wanted), taken, "{wanted}");
    }
}

/// The number of the host that gets a query of the version table.
fn who_is_asked(hosts: &[Fake], wanted: &str) -> Option<usize> {
    let places: Vec<String> = hosts.iter().map(|host| format!("127.0.0.1:{}", host.port)).collect();
    let url = format!("postgresql://ann@{}/app?sslmode=disable&target_session_attrs={wanted}", places.join(","));
    let outcome = Project::with_url(&url).migrate("current").exits(1);
    let asked = hosts.iter().position(|host| host.has_received("to_regclass"));
    if asked.is_none() {
        assert!(outcome.stderr.contains(&format!("target_session_attrs={wanted}")), "{}", outcome.shown());
    }
    asked
}

#[test]
fn a_signal_ends_a_run_whose_connection_stalls() {
    let Some(database) = postgres::database() else { return };
    let proxy = proxy(database.server().port());
    let name = database.name();
    let project = Project::with_url(&format!("postgresql://postgres@127.0.0.1:{}/{name}?sslmode=disable", proxy.port));
    project.revision("r1", "", &format!("CREATE TABLE a (id int);\nSELECT pg_sleep(300), '{name}';"), "");
    let run = project.start(["upgrade", "head"]);
    let sleeps = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query ~ current_database()";
    crate::support::server::wait_until("it sleeps", Duration::from_secs(60), || !database.rows(sleeps).is_empty());
    proxy.stall();
    run.signal(libc::SIGTERM);
    let outcome = run.wait().exits(143);
    for words in
        ["the server has not answered for", "not known whether it took effect", "the version table records that"]
    {
        assert!(outcome.stderr.contains(words), "{}", outcome.shown());
    }
}

#[test]
fn a_statement_that_waits_is_watched_and_given_up() {
    let Some(database) = postgres::database() else { return };
    database.execute("CREATE TABLE t (id int)");
    let url = database.url();
    let blocker = {
        let url = url.clone();
        std::thread::spawn(move || {
            let purpose = Purpose::reading("a long report");
            let mut blocker = database::connect(&url, std::path::Path::new("/"), &purpose).expect("it connects");
            // Until the test ends its session.
            blocker.execute("BEGIN; INSERT INTO t VALUES (1); SELECT pg_sleep(600); COMMIT").map(drop)
        })
    };
    let sleeps = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    crate::support::server::wait_until("it sleeps", Duration::from_secs(60), || !database.rows(sleeps).is_empty());
    let purpose = Purpose::reading("migrate upgrade");
    let mut waiting = database::connect(&url, std::path::Path::new("/"), &purpose).expect("it connects");
    let (teller, told) = mpsc::channel();
    let tell = Box::new(move |words: &str| teller.send(words.to_owned()).expect("somebody listens"));
    let watch = waiting.watch_waits(Some(Duration::from_secs(1)), tell).expect("PostgreSQL can tell");
    let error = waiting.execute("CREATE INDEX CONCURRENTLY i ON t (id)").expect_err("it waits too long");
    let waited = watch.end();
    assert_eq!(error.code.as_deref(), Some("57014"), "{error}");
    assert!(waited.cancelled);
    let words = told.try_recv().expect("it was told");
    for part in ["a long report", "INSERT INTO t", "waiting for"] {
        assert!(words.contains(part), "{words}");
    }
    database.execute(&format!("SELECT pg_terminate_backend(pid) FROM ({sleeps}) s"));
    blocker.join().expect("the blocker ends").expect_err("its session was ended");
}

//! PostgreSQL servers of the tests: started when first needed, stopped when the test run ends, however it ends.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::skip;

/// A running server with a Unix socket and a TCP port on 127.0.0.1, with the superuser `postgres`.
///
/// Everybody is trusted, but members of the role `password_only`, who need their password over TCP.
#[derive(Clone, Debug)]
pub struct Server {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
    /// The major version: 15.
    pub major: u32,
}

/// Settings for throw-away data. `wal_level` stays `replica`: publications and CREATE INDEX CONCURRENTLY behave as usual.
const SETTINGS: &str = "
fsync = off
full_page_writes = off
autovacuum = off
max_wal_size = '256MB'
max_connections = 200
listen_addresses = '127.0.0.1'
log_min_messages = fatal
log_line_prefix = '%m %d '
";

const ACCESS: &str = "
local all all                              trust
host  all +password_only 127.0.0.1/32      scram-sha-256
host  all all            127.0.0.1/32      trust
";

/// `password_only` is for `ACCESS`; the others are there for cases to grant things to.
const ROLES: &str = "CREATE ROLE password_only; CREATE ROLE reader; CREATE ROLE writer; CREATE ROLE auditor";

/// The server that all tests share, or None (and a word about it) where there is no PostgreSQL.
///
/// Under cargo-nextest, where each test is a process, all processes of one run share it.
pub fn shared() -> Option<&'static Server> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    SHARED
        .get_or_init(|| {
            let (key, owner) = match std::env::var("NEXTEST_RUN_ID") {
                Ok(run) => (run, std::os::unix::process::parent_id()),
                Err(_) => (std::process::id().to_string(), std::process::id()),
            };
            let bin = binaries()?;
            let folder = room().join(format!("migrate-pg-{key}"));
            let lock = File::create(folder.with_extension("lock")).expect("a lock file in the temporary folder");
            // SAFETY: the descriptor is open for as long as `lock` lives.
            unsafe { libc::flock(lock.as_raw_fd(), libc::LOCK_EX) };
            let ready = folder.join("port");
            let server = match fs::read_to_string(&ready) {
                Ok(port) => Server::at(bin, folder, port.trim().parse().expect("a port")),
                Err(_) => Server::create(bin, folder, owner, &[]),
            };
            Some(server)
        })
        .as_ref()
}

/// Where servers have their data: in memory where that has room for it, because the tests make and drop some two thousand
/// databases of three hundred files, which takes a disk's file system longer than all the rest.
fn room() -> PathBuf {
    const NEEDED: u64 = 2 << 30;
    let memory = Path::new("/dev/shm");
    // SAFETY: statvfs takes a string that ends with NUL, and fills the structure that it is given where it returns 0.
    let free = unsafe {
        let mut found: libc::statvfs = std::mem::zeroed();
        let answer = libc::statvfs(c"/dev/shm".as_ptr(), &raw mut found);
        if answer == 0 { found.f_bavail * found.f_frsize } else { 0 }
    };
    let wanted = free >= NEEDED && tempfile::tempfile_in(memory).is_ok();
    if wanted { memory.to_owned() } else { std::env::temp_dir() }
}

/// Starts a server of one's own, for tests that stop it or set it up in another way; each setting is a line of
/// postgresql.conf. None as in `shared`.
pub fn own(settings: &[&str]) -> Option<Server> {
    let folder = tempfile::Builder::new().prefix("migrate-pg-").tempdir_in(room()).expect("a temporary folder").keep();
    Some(Server::create(binaries()?, folder, std::process::id(), settings))
}

impl Server {
    fn at(bin: PathBuf, folder: PathBuf, port: u16) -> Server {
        let version = fs::read_to_string(folder.join("data/PG_VERSION")).unwrap_or_default();
        Server { bin, folder, port, major: version.trim().parse().unwrap_or(0) }
    }

    fn create(bin: PathBuf, folder: PathBuf, owner: u32, settings: &[&str]) -> Server {
        fs::create_dir_all(&folder).expect("a folder in the temporary folder");
        give(&folder);
        watch(&folder, owner);
        let data = folder.join("data");
        let created = as_server_user(&bin.join("initdb"))
            .args(["--auth=trust", "--username=postgres", "--no-sync", "--locale=C.UTF-8", "--encoding=UTF8", "-D"])
            .arg(&data)
            .output()
            .expect("initdb can be started");
        assert!(created.status.success(), "initdb failed: {}", String::from_utf8_lossy(&created.stderr));
        let configuration = data.join("postgresql.conf");
        let sockets = format!("unix_socket_directories = '{}'\n", folder.display());
        let text = fs::read_to_string(&configuration).expect("initdb wrote postgresql.conf");
        fs::write(&configuration, format!("{text}{SETTINGS}{sockets}{}\n", settings.join("\n"))).expect("a file");
        fs::write(data.join("pg_hba.conf"), ACCESS).expect("a file");
        // Between asking for a free port and binding it, another process may take it.
        for _ in 0..10 {
            let port = free_port();
            let server = Server::at(bin.clone(), folder.clone(), port);
            if server.try_start() {
                server.execute("postgres", ROLES);
                fs::write(folder.join("port"), port.to_string()).expect("a file");
                return server;
            }
        }
        panic!("PostgreSQL does not start: {}", fs::read_to_string(folder.join("log")).unwrap_or_default());
    }

    /// The folder that holds its socket, its data (data/) and its log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts it again after `stop` or `crash`.
    pub fn start(&self) {
        assert!(
            self.try_start(),
            "the server starts: {}",
            fs::read_to_string(self.folder.join("log")).unwrap_or_default()
        );
    }

    fn try_start(&self) -> bool {
        self.control(&["start", "-w", "-t", "60", "-o", &format!("-p {}", self.port)])
    }

    /// Ends it as a crash of the server would: without a word to its clients, and with recovery at the next start.
    pub fn crash(&self) {
        self.control(&["stop", "-m", "immediate", "-w"]);
    }

    pub fn stop(&self) {
        self.control(&["stop", "-m", "fast", "-w"]);
    }

    fn control(&self, arguments: &[&str]) -> bool {
        as_server_user(&self.bin.join("pg_ctl"))
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-l")
            .arg(self.folder.join("log"))
            .args(arguments)
            .status()
            .expect("pg_ctl can be started")
            .success()
    }

    /// The URL of a database of this server over its Unix socket.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@/{database}?host={}&port={}", self.folder.display(), self.port)
    }

    /// The URL of a database of this server over TCP.
    pub fn tcp_url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// A program of this server's version (`psql`, `pg_dump`), told where the server is.
    pub fn program(&self, name: &str) -> Command {
        let own = self.bin.join(name);
        let mut command = Command::new(if own.exists() { own } else { PathBuf::from(name) });
        command
            .env_remove("PGSERVICE")
            .env("PGHOST", &self.folder)
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", "postgres")
            .env("PGOPTIONS", "-c client_min_messages=warning")
            .env("PGCLIENTENCODING", "UTF8")
            .stdin(Stdio::null());
        command
    }

    /// Sends statements to a database as one simple query; an error fails the test.
    #[track_caller]
    pub fn execute(&self, database: &str, sql: &str) {
        self.try_execute(database, sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    pub fn try_execute(&self, database: &str, sql: &str) -> Result<(), String> {
        self.rows_of(database, sql).map(drop)
    }

    /// Sends statements to a database and returns their rows, every value as text.
    pub fn rows_of(&self, database: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        use tokio_postgres::SimpleQueryMessage;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut config = tokio_postgres::Config::new();
            config.host_path(&self.folder).port(self.port).user("postgres").dbname(database);
            config.options("-c client_min_messages=warning");
            let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(|error| said(&error))?;
            let connection = tokio::spawn(connection);
            let messages = client.simple_query(sql).await.map_err(|error| said(&error))?;
            drop(client);
            let _ = connection.await;
            Ok(messages
                .iter()
                .filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => {
                        Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
                    }
                    _ => None,
                })
                .collect())
        })
    }
}

fn said(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("{}: {} {}", error.code().code(), error.message(), error.detail().unwrap_or_default()),
        None => error.to_string(),
    }
}

/// The folder of initdb and pg_ctl: MIGRATE_TEST_PG_BIN, else PATH, else the newest of Debian's places.
pub fn binaries() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("MIGRATE_TEST_PG_BIN") {
        return Some(PathBuf::from(given));
    }
    let has = |folder: &PathBuf| folder.join("initdb").exists() && folder.join("pg_ctl").exists();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find(has);
    let debian = || {
        let mut majors: Vec<u32> = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect();
        majors.sort_unstable();
        majors.iter().rev().map(|major| PathBuf::from(format!("/usr/lib/postgresql/{major}/bin"))).find(has)
    };
    let found = on_path.or_else(debian);
    if found.is_none() {
        skip("no PostgreSQL server (initdb on PATH, in /usr/lib/postgresql/*/bin or in MIGRATE_TEST_PG_BIN)");
    }
    found
}

/// A command as the user who runs servers: PostgreSQL and PgBouncer refuse to run as root.
pub fn as_server_user(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env_remove("PGDATA").env_remove("PGHOST").env_remove("PGPORT");
    if let Some((user, group)) = server_user() {
        command.uid(user).gid(group);
    }
    command
}

/// Gives a folder to the user who runs servers, and lets everybody look into it.
pub fn give(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("our own folder");
    if let Some((user, group)) = server_user() {
        std::os::unix::fs::chown(folder, Some(user), Some(group)).expect("root may give a folder away");
    }
}

/// `nobody`, if we are root; None: we ourselves.
fn server_user() -> Option<(u32, u32)> {
    // SAFETY: geteuid always succeeds; getpwnam's answer is read before anything else can call it.
    unsafe {
        if libc::geteuid() != 0 {
            return None;
        }
        let entry = libc::getpwnam(c"nobody".as_ptr());
        Some(if entry.is_null() { (65534, 65534) } else { ((*entry).pw_uid, (*entry).pw_gid) })
    }
}

pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Starts a small process that stops the server and removes its folder when process `owner` is gone: also after a
/// panic, a signal or kill -9, when no destructor runs.
#[expect(clippy::zombie_processes, reason = "it outlives us, that is its purpose")]
fn watch(folder: &Path, owner: u32) {
    let script = r#"
while kill -0 "$1" 2>/dev/null; do sleep 0.3; done
pid=$(head -n 1 "$2/data/postmaster.pid" 2>/dev/null)
if test -n "$pid"; then
  kill -QUIT "$pid" 2>/dev/null
  for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
fi
rm -rf "$2" "$2.lock""#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "watch"]).arg(owner.to_string()).arg(folder);
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A group of its own: Ctrl-C in the terminal ends the tests, not their cleaning up.
    command.process_group(0);
    command.spawn().expect("sh can be started");
}

/// Waits until `true_now` says yes; fails the test after `patience`.
#[track_caller]
pub fn wait_until(what: &str, patience: Duration, mut true_now: impl FnMut() -> bool) {
    let start = Instant::now();
    while !true_now() {
        assert!(start.elapsed() < patience, "waited {patience:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
